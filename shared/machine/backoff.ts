/** Pauses that grow with every failure and differ from host to host, so that a fleet does not come back in step. */
import { setTimeout as delay } from 'node:timers/promises'

export type Backoff = { baseMs: number; capMs: number }

/** Resolves after the pause, or when `ending` is aborted. @param failures in a row, from 1 */
export async function pause({ baseMs, capMs }: Backoff, failures: number, ending: AbortSignal): Promise<void> {
  const longestMs = Math.min(capMs, baseMs * 2 ** failures)
  await rest(longestMs * (1 + Math.random()) / 2, ending)
}

/** Resolves after so long, or when `ending` is aborted. */
export async function rest(ms: number, ending: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: ending }).catch(() => undefined)
}
