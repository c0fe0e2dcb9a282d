/** Pauses that grow with every failure and differ from host to host, so that a fleet does not come back in step. */
import { setTimeout as delay } from 'node:timers/promises'

export type Backoff = { baseMs: number; capMs: number }

/** Resolves after the pause, or when `ending` is aborted. @param failures in a row, from 1 */
export async function pause({ baseMs, capMs }: Backoff, failures: number, ending: AbortSignal): Promise<void> {
  const longestMs = Math.min(capMs, baseMs * 2 ** failures)
  await delay(longestMs * (1 + Math.random()) / 2, undefined, { signal: ending }).catch(() => undefined)
}
