/** Requests that showed no good token, in the log: from where, and not one line for each. /metrics counts them all, as answers with 401. */
import type { FastifyBaseLogger } from 'fastify'

export const FAILURES_LOGGED_EVERY_MS = 10_000

/** @returns to be told of each one, with its peer's address */
export function failureLog(log: FastifyBaseLogger, clock: () => number = () => performance.now()): (address: string) => void {
  let loggedAtMs = -Infinity
  let unsaid = 0
  return (address) => {
    if (clock() - loggedAtMs < FAILURES_LOGGED_EVERY_MS) {
      unsaid += 1
      return
    }
    log.warn({ address, unsaid }, 'a request showed no good token')
    loggedAtMs = clock()
    unsaid = 0
  }
}
