/** Hosts that failed, by what they say: seventeen hosts with one trouble are one line. Pure; owns what counts as the same trouble. */
import type { HostName } from '../../shared/ids.ts'
import { alike, MAX_NAMED_HOSTS } from './alike.ts'
import type { Task } from './state.ts'

/** Different troubles that are told apart; the hosts of further ones are counted together. */
export const MAX_FAILURE_GROUPS = 100

export type FailedTask = Pick<Task, 'host' | 'state' | 'failure' | 'attempt' | 'sinceMs'>

/** `reason`: in the words of the first host. `sinceMs`, `untilMs`: of the first and the last of them. */
export type FailureGroup = {
  kind: 'failed' | 'unreachable'
  reason: string
  count: number
  hosts: HostName[]
  sinceMs: number
  untilMs: number
  /** Those whose last words may say more. Where what ran before has been put back, the last words are of that, and say nothing. */
  witnesses: HostName[]
}

/** @param tasks rows that are failed, timed out or unreachable. @returns the commonest first, and how many hosts have yet other troubles */
export function groupFailures(tasks: Iterable<FailedTask>): { groups: FailureGroup[]; others: number } {
  const all = [...Map.groupBy(tasks, (task) => `${kindOf(task)} ${alike(reasonOf(task), task.host)}`).values()].toSorted((a, b) => b.length - a.length)
  const others = all.slice(MAX_FAILURE_GROUPS).reduce((sum, group) => sum + group.length, 0)
  return { groups: all.slice(0, MAX_FAILURE_GROUPS).map(groupOf), others }
}

function groupOf(tasks: readonly FailedTask[]): FailureGroup {
  const first = tasks[0]!
  const named = tasks.slice(0, MAX_NAMED_HOSTS)
  const times = tasks.map(({ sinceMs }) => sinceMs).toSorted((a, b) => a - b)
  return {
    kind: kindOf(first), reason: reasonOf(first), count: tasks.length, hosts: named.map(({ host }) => host), sinceMs: times[0]!, untilMs: times.at(-1)!,
    witnesses: named.filter(({ failure }) => failure !== null && failure.revert !== 'succeeded').map(({ host }) => host),
  }
}

function kindOf({ state }: FailedTask): FailureGroup['kind'] {
  return state === 'unreachable' ? 'unreachable' : 'failed'
}

function reasonOf({ state, failure, attempt }: FailedTask): string {
  if (state === 'unreachable') return attempt === 0 ? 'unreachable: away when its turn came' : 'unreachable: vanished, and had not been touched'
  if (failure === null) return state
  const { step, message, revert } = failure
  const where = step === null || message.startsWith(`${step}:`) ? state : `${state} at ${step}`
  return `${where}: ${message}${revert === 'failed' ? ' — and what ran before could not be put back' : ''}`
}
