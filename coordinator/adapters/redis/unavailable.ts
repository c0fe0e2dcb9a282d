/** What callers of a port are told when Redis itself is the trouble: `unavailable`, and in whose hands it is, instead of a driver's error. */
import { problem } from '../../../shared/errors.ts'
import type { MusterError } from '../../../shared/errors.ts'

/** Replies of a Redis that cannot serve just now: full, loading, failing over, or hung in a script. */
const REFUSALS = /^(OOM|MISCONF|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOREPLICAS|NOAUTH|WRONGPASS|NOPERM)\b/
/** Errors of the driver: no connection or answer within its patience, lost half-way, or closed by us. */
const LOST =
  /^(Command timed out|Reached the max retries per request limit|Command aborted due to connection close|Connection is closed|Stream isn't writeable)/

/** Null: the error is about something else. */
export function unavailable(error: unknown): MusterError | null {
  if (!(error instanceof Error)) return null
  if (REFUSALS.test(error.message)) return problem('unavailable', `Redis cannot serve just now: ${error.message}`)
  return LOST.test(error.message) ? problem('unavailable', 'Redis does not answer; what was asked may or may not have been done') : null
}

/** The same port; what fails because of Redis throws `unavailable`. `port`: an object of asynchronous functions. */
export function sayUnavailable<Port extends object>(port: Port): Port {
  const wrapped = Object.entries(port).map(([name, method]) => {
    const call = async (...args: unknown[]): Promise<unknown> => {
      try {
        return await (method as (...all: unknown[]) => Promise<unknown>).apply(port, args)
      } catch (error) {
        throw unavailable(error) ?? error
      }
    }
    return [name, call]
  })
  return Object.fromEntries(wrapped) as Port
}
