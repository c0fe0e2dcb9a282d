/**
 * How whoever gives a piece learns that it has come: whoever asks for one leaves the request open, and ends it when only a little of the answer is still on
 * its way. What has merely been written may wait in the system for long, and share the link with others that wait there.
 */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

/** In place of a request's body: there is none, and its end waits until almost all of the answer has come. */
export const LEFT_OPEN = Symbol('left open')

/** So little of an answer is still to come when its request is ended: about what is on the way anyhow, so that the next answer follows without a gap. */
export const ALMOST_BYTES = 32 * 1024

/** Ends an answer, once all of it is written, when it has arrived; of somebody who does not leave his request open, at once. Rejects when `gone` is aborted. */
export async function endOnArrival(response: ServerResponse, gone: AbortSignal): Promise<void> {
  const { req } = response
  if (!req.complete) {
    const ended = once(req, 'end', { signal: gone })
    req.resume()
    await ended
  }
  const finished = once(response, 'finish', { signal: gone })
  response.end()
  await finished
}
