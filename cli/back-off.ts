/** How long a coordinator that is away is waited for, by verbs that outlast one request: it is restarted now and then, and what it knows is still there. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MusterError } from '../shared/errors.ts'
import { Refusal } from './refusal.ts'

export const BACKOFF_MS = 200
export const MAX_BACKOFF_MS = 5000
/** In a row: about a minute. */
export const MAX_TRIES = 25

/** Waits before the next try, `failures` of which have failed in a row: exponentially, with full jitter. @throws what `signal` aborts with */
export async function backOff(failures: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.random() * Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** failures), undefined, { signal }).catch(() => signal.throwIfAborted())
}

/** Whether the next try may go better: anything but a clear refusal. */
export function mayPass(error: unknown): boolean {
  if (error instanceof Refusal || error instanceof MusterError) return error.kind === 'unavailable' || error.kind === 'internal'
  return true
}

/** The answer, however many tries it takes, up to MAX_TRIES. @throws what the last one threw */
export async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await ask()
    } catch (error) {
      signal.throwIfAborted()
      if (!mayPass(error) || failures + 1 >= MAX_TRIES) throw error
    }
    await backOff(failures, signal)
  }
}
