/** Reads a rollout's own record of when each host was being changed, from its stream of changes. */
import type { RolloutChange } from '../shared/api/change.ts'
import { quietly } from './shell.ts'
import type { Access } from './shell.ts'
import type { Touch } from './verdict.ts'

/** @param id of a rollout that has ended */
export async function touchesOf(id: string, access: Access): Promise<Touch[]> {
  const { output } = await quietly(['rollout', 'watch', id, '--json'], access, () => {})
  const changes = output.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as RolloutChange)
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
