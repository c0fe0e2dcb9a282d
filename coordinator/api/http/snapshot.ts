/** Things as the record of changes describes them, before and after: what people decide about, and nothing that moves by itself. */
import { MusterError } from '../../../shared/errors.ts'
import type { Ports } from '../../engine/ports/ports.ts'

type Snapshot = (ports: Ports, name: string) => Promise<unknown>

const SNAPSHOTS: Record<string, Snapshot> = {
  async rollout(ports, id) {
    const rollout = (await ports.rollouts.load(id))?.rollout
    if (rollout === undefined) return null
    const { release, revision, phase, direction, gate, hold, strategy } = rollout
    const hosts = rollout.waves.reduce((sum, { size }) => sum + size, 0)
    return { release, hosts, phase, direction, gate: gate?.kind ?? null, hold: hold?.kind ?? null, revision, strategy }
  },
  async service(ports, name) {
    const entry = await ports.catalogue.service(name).catch(unlessTampered)
    return entry === null ? null : { entry: entry.entry, ...entry.spec }
  },
}

/** Nobody knows what that was; whoever puts it right has to get through. */
function unlessTampered(error: unknown): null {
  if (error instanceof MusterError && error.problem.code === 'tampered') return null
  throw error
}

/** Of what a verb changes, its first target: `rollout.pause` changes a rollout. Null: it cannot be described, or is not there. */
export async function snapshot(ports: Ports, verb: string, [target = '']: readonly string[]): Promise<unknown> {
  const [noun = ''] = verb.split('.', 1)
  return target.startsWith(`${noun}/`) ? ((await SNAPSHOTS[noun]?.(ports, target.slice(noun.length + 1))) ?? null) : null
}
