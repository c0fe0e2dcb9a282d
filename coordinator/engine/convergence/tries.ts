/** How often the system tries to take a host somewhere by itself, and when it leaves that to a person. */
import type { HostName } from '../../../shared/ids.ts'
import type { Task } from '../../rollout/state.ts'
import { SYSTEM_ACTOR } from '../ports/audit.ts'
import type { Tries } from '../ports/convergence.ts'
import type { Ports } from '../ports/ports.ts'
import type { Deviation } from './deviation.ts'

/** Tries of one host and revision, over some six hours. */
export const MAX_TRIES = 5
/** Between the first and the second try; each further pause is four times as long. */
export const FIRST_PAUSE_MS = 60_000
/** A host that is off again sooner after it was taken there has somebody, or something, that takes it away: that try counts as one that failed. */
export const STEADY_AFTER_MS = 24 * 3_600_000

/** `tries`: the number of this try. */
export type Candidate = { deviation: Deviation; tries: number }
/** Left to a person, and why. `last`: the try that was the last one. */
export type GivenUp = { host: HostName; why: string; last: Tries }

/** Those that may be tried now, and those that are not tried any more; the others wait. */
export async function candidatesAmong(
  ports: Ports, service: string, deviations: readonly Deviation[], now: number,
): Promise<{ candidates: Candidate[]; givenUp: GivenUp[] }> {
  const candidates: Candidate[] = []
  const givenUp: GivenUp[] = []
  const known = await ports.tries.of(service, deviations.map(({ host }) => host))
  for (const deviation of deviations) {
    const { host, record } = deviation
    const last = known.get(host)
    if (last === undefined || last.revision !== record.goal.revision) {
      candidates.push({ deviation, tries: 1 })
      continue
    }
    const verdict = await verdictOn(ports, last, host, now)
    if (verdict.say === 'try') candidates.push({ deviation, tries: verdict.tries })
    if (verdict.say === 'give-up') givenUp.push({ host, why: verdict.why, last })
  }
  return { candidates, givenUp }
}

/** Of hosts and what they should run, those that are left to a person, and why. */
export async function leftAlone(ports: Ports, service: string, hosts: ReadonlyMap<HostName, string | null>, now: number): Promise<Omit<GivenUp, 'last'>[]> {
  const left: Omit<GivenUp, 'last'>[] = []
  for (const [host, tries] of await ports.tries.of(service, [...hosts.keys()])) {
    if (tries.revision !== hosts.get(host)) continue
    const verdict = await verdictOn(ports, tries, host, now)
    if (verdict.say === 'give-up') left.push({ host, why: verdict.why })
  }
  return left
}

type Verdict = { say: 'try'; tries: number } | { say: 'wait' } | { say: 'give-up'; why: string }

async function verdictOn(ports: Ports, { rollout, tries, lastAtMs }: Tries, host: HostName, now: number): Promise<Verdict> {
  const last = (await ports.rollouts.load(rollout))?.rollout
  const task = (await ports.rollouts.tasks(rollout, [host])).get(host)
  const aborted = last?.notes.findLast(({ control }) => control === 'abort')
  if (last?.phase === 'aborted' && aborted !== undefined && aborted.by !== SYSTEM_ACTOR) return { say: 'give-up', why: `${aborted.by} aborted ${rollout}` }
  // It was away again, or somebody else had the host first.
  if (task !== undefined && !hasBeenTried(task)) return { say: 'try', tries }
  const hasSucceeded = task?.state === 'succeeded'
  if (hasSucceeded && now - lastAtMs >= STEADY_AFTER_MS) return { say: 'try', tries: 1 }
  if (tries >= MAX_TRIES) {
    const what = hasSucceeded ? 'times it was taken there and did not stay' : 'tries have failed'
    return { say: 'give-up', why: `${tries} ${what}, the last one in ${rollout}` }
  }
  return now - lastAtMs >= FIRST_PAUSE_MS * 4 ** (tries - 1) ? { say: 'try', tries: tries + 1 } : { say: 'wait' }
}

function hasBeenTried({ state }: Task): boolean {
  return state !== 'unreachable' && state !== 'withdrawn' && state !== 'waiting'
}
