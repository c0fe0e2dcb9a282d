/** When an answer is over, at the end that gives it. */
import type { ServerResponse } from 'node:http'

/** Made once: an error with its stack for each answer would cost as much as the answer. */
const OVER = new Error('the answer is over')

/** Aborted when the answer is over, or whoever asked has gone. */
export function closed(response: ServerResponse): AbortSignal {
  const closing = new AbortController()
  if (response.closed || response.destroyed) closing.abort(OVER)
  else response.once('close', () => closing.abort(OVER))
  return closing.signal
}
