/** Waiting for something that becomes true elsewhere, with a deadline and a clear word when it does not. */
import { setTimeout as sleep } from 'node:timers/promises'

export const PROBE_EVERY_MS = 50
export const WITHIN_MS = 60_000

/**
 * Asks `probe` again and again until it answers with something else than null, undefined or false. A probe that throws has no answer yet.
 * @throws Error that names `what`, and why the last probe failed if it did, after `withinMs`
 */
export async function until<T>(what: string, probe: () => T | Promise<T>, withinMs = WITHIN_MS): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + withinMs
  for (;;) {
    let trouble = ''
    try {
      const answer = await probe()
      if (answer !== null && answer !== undefined && answer !== false) return answer as NonNullable<Exclude<T, false>>
    } catch (error) {
      trouble = `: ${String(error)}`
    }
    if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}${trouble}`)
    await sleep(PROBE_EVERY_MS)
  }
}
