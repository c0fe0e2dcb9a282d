/** Things as the record of changes describes them, before and after: what people decide about, and nothing that moves by itself. */
import type { Ports } from '../../engine/ports/ports.ts'

type Snapshot = (ports: Ports, name: string) => Promise<unknown>

const SNAPSHOTS: Record<string, Snapshot> = {
  async rollout(ports, id) {
    const rollout = (await ports.rollouts.load(id))?.rollout
    if (rollout === undefined) return null
    const { release, revision, phase, direction, gate, hold, strategy } = rollout
    const hosts = rollout.waves.reduce((sum, { size }) => sum + size, 0)
    return { release, revision, phase, direction, gate: gate?.kind ?? null, hold: hold?.kind ?? null, hosts, strategy }
  },
  async service(ports, name) {
    const entry = await ports.catalogue.service(name)
    return entry === null ? null : { entry: entry.entry, ...entry.spec }
  },
}

/** Of the first target that can be described; null when there is none, or it is not there. */
export async function snapshot(ports: Ports, targets: readonly string[]): Promise<unknown> {
  for (const target of targets) {
    const [kind = '', name = ''] = target.split('/', 2)
    const describe = SNAPSHOTS[kind]
    if (describe !== undefined) return describe(ports, name)
  }
  return null
}
