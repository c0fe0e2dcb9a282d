/** A rollout's changes as Server-Sent Events, with the ids that resume them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { RolloutChange } from '../../../shared/api/change.ts'
import { reach } from './reach.ts'
import type { Door } from './reach.ts'

export type FeedEvent = { id: string; change: RolloutChange }
export type TaskChange = Extract<RolloutChange, { kind: 'task' }>

const RECONNECT_MS = 100
const WITHIN_MS = 90_000

/** Changes after `after` (null: all) over one connection, until the rollout has ended. @returns false when the connection broke before */
export async function* connection(door: Door, rollout: string, after: string | null, signal: AbortSignal): AsyncGenerator<FeedEvent, boolean> {
  const headers: Record<string, string> = after === null ? {} : { 'last-event-id': after }
  const response = await reach(door, `/v1/rollouts/${rollout}/events`, { headers, signal })
  if (!response.ok || response.body === null) throw new Error(`events of ${rollout}: ${response.status} ${await response.text()}`)
  const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  for await (const { event, id, data } of events) {
    if (event === 'end') return true
    if (event === 'change') yield { id: id ?? '', change: JSON.parse(data) as RolloutChange }
  }
  return false
}

/** Changes until the rollout has ended, over as many connections as it takes. @throws TimeoutError after `withinMs` */
export async function* feed(door: Door, rollout: string, withinMs = WITHIN_MS): AsyncGenerator<FeedEvent> {
  const signal = AbortSignal.timeout(withinMs)
  let after: string | null = null
  for (;;) {
    try {
      const events = connection(door, rollout, after, signal)
      for (let next = await events.next(); ; next = await events.next()) {
        if (next.done === true && next.value) return
        if (next.done === true) break
        after = next.value.id
        yield next.value
      }
    } catch {
      signal.throwIfAborted()
    }
    await sleep(RECONNECT_MS, undefined, { signal })
  }
}

/** All changes of a rollout that ends. */
export async function changesOf(door: Door, rollout: string, withinMs?: number): Promise<RolloutChange[]> {
  return (await Array.fromAsync(feed(door, rollout, withinMs))).map(({ change }) => change)
}
