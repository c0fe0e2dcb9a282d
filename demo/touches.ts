/** Reads a rollout's own record of when each host was being changed, from its stream of changes. */
import type { RolloutChange } from '../shared/api/change.ts'
import type { Touch } from './verdict.ts'

const READ_TIMEOUT_MS = 30_000

/** @param id of a rollout that has ended */
export async function touchesOf(id: string, url: string): Promise<Touch[]> {
  const response = await fetch(`${url}/v1/rollouts/${id}/events`, { signal: AbortSignal.timeout(READ_TIMEOUT_MS) })
  const changes = (await response.text())
    .split('\n')
    .filter((line) => line.startsWith('data: {"kind"'))
    .map((line) => JSON.parse(line.slice(6)) as RolloutChange)
  const open = new Map<string, number>()
  const touches: Touch[] = []
  for (const change of changes) {
    if (change.kind !== 'task') continue
    const began = open.get(change.host)
    if (change.state === 'claimed' || change.state === 'running') {
      if (began === undefined) open.set(change.host, change.atMs)
    } else if (began !== undefined) {
      touches.push({ host: change.host, rollout: id, fromMs: began, toMs: change.atMs })
      open.delete(change.host)
    }
  }
  for (const [host, fromMs] of open) touches.push({ host, rollout: id, fromMs, toMs: Infinity })
  return touches
}
