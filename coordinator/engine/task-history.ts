/** What a rollout's machine says of a host, as an entry of the host's history. */
import type { Rollout } from '../rollout/state.ts'
import type { HistoryEntry } from './ports/history.ts'

type TaskEntry = Extract<HistoryEntry, { kind: 'task' }>

export function historyOf(
  { id, service, release }: Pick<Rollout, 'id' | 'service' | 'release'>, record: Omit<TaskEntry, 'id' | 'kind' | 'rollout' | 'service' | 'release'>,
): HistoryEntry {
  const { attempt, state, atMs } = record
  return { id: `${id}/${attempt}/${state}/${atMs}`, kind: 'task', rollout: id, service, release, ...record }
}
