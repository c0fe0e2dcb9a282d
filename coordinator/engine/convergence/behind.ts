/**
 * Hosts that have what they were assigned while their service says something else: an attempt on them failed, they were left out or put back, or they
 * joined and took a release that was rolled back afterwards. Only the latter may be moved by the system; the others a person has to judge.
 */
import type { HostName, RolloutId } from '../../../shared/ids.ts'
import type { Rollout, Task } from '../../rollout/state.ts'
import type { Intent } from '../ports/convergence.ts'
import type { Assignment, HostRecord } from '../ports/hosts.ts'
import type { Ports } from '../ports/ports.ts'
import { intentFor, intentsFor } from './intent.ts'

/** `intent`: what the service says for the host; null: nothing any more. `isJoined`: it has followed an intent that was dropped. */
export type Behind = { host: HostRecord; release: string; intent: Intent | null; isJoined: boolean; message: string }

type Mismatch = { host: HostRecord; assignment: Assignment; release: string; intent: Intent | null; isOrphan: boolean }

/**
 * It compares releases and not revisions: whoever changes a label of a host restarts nothing.
 * @param isActive whether a rollout has not ended: what that one says is not settled
 */
export async function behindOf(
  ports: Ports, service: string, hosts: readonly HostRecord[], assigned: ReadonlyMap<HostName, Assignment>, isActive: (id: RolloutId) => boolean,
): Promise<Behind[]> {
  const differing = (await mismatches(ports, service, hosts, assigned)).filter(({ assignment, intent }) =>
    !isActive(assignment.rollout) && (intent === null || !isActive(intent.rollout)))
  const found: Behind[] = []
  for (const [id, of] of Map.groupBy(differing, ({ assignment }) => assignment.rollout)) {
    const by = (await ports.rollouts.load(id))?.rollout ?? null
    for (const [said, those] of Map.groupBy(of, ({ intent }) => intent?.rollout ?? null)) {
      const tasks = said === null ? new Map<HostName, Task>() : await ports.rollouts.tasks(said, those.map(({ host }) => host.host))
      found.push(...those.flatMap((one) => judged(one, by, tasks.get(one.host.host) ?? null) ?? []))
    }
  }
  return found
}

async function mismatches(
  ports: Ports, service: string, hosts: readonly HostRecord[], assigned: ReadonlyMap<HostName, Assignment>,
): Promise<Mismatch[]> {
  const intents = await ports.intents.of(service)
  const records = await ports.catalogue.revisions([...new Set([...assigned.values()].flatMap(({ revision }) => revision ?? []))])
  return hosts.flatMap((host) => {
    const assignment = assigned.get(host.host)
    const release = records.get(assignment?.revision ?? '')?.goal.version
    const intent = intentFor(intents, host)
    if (assignment === undefined || release === undefined || release === intent?.release) return []
    return [{ host, assignment, release, intent, isOrphan: intentsFor(intents, host).every((one) => one.release !== release) }]
  })
}

/** @param by what has assigned it @param task its row of the deployment that the intent is of */
function judged({ host, assignment, release, intent, isOrphan }: Mismatch, by: Rollout | null, task: Task | null): Behind | null {
  const isByCatchUp = by?.kind === 'catch-up'
  if (intent === null) {
    return isByCatchUp ? { host, release, intent, isJoined: true, message: `runs ${release}, and no deployment that counts has brought it` } : null
  }
  const isOlder = assignment.rollout === intent.rollout || assignment.generation[0] <= intent.generation
  if (!isByCatchUp && !isOlder) return null
  const isJoined = isByCatchUp && isOrphan && (task === null || task.touchedAtMs === null)
  const why = isJoined ? `${release} does not count any more` : whyNot(intent.rollout, task)
  return { host, release, intent, isJoined, message: `runs ${release}, the service is on ${intent.release} (${why})` }
}

function whyNot(rollout: RolloutId, task: Task | null): string {
  if (task === null) return `it was no host of ${rollout}`
  if (task.direction === 'back') return `put back by ${rollout}`
  return `${task.state === 'timed-out' ? 'timed out' : task.state} in ${rollout}`
}
