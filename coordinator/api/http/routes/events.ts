/** A rollout's changes as Server-Sent Events (WHATWG HTML, section 9.2). Ids are those of the feed, so that `Last-Event-ID` resumes without a gap. */
import { once } from 'node:events'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { problem } from '../../../../shared/errors.ts'
import { hasEnded } from '../../../../shared/states.ts'
import type { Ports } from '../../../engine/ports/ports.ts'
import type { App, HttpDeps } from '../deps.ts'
import { isStillLetIn } from '../guard.ts'
import { refusals } from '../refusals.ts'
import { knownRollout, rolloutParams } from './rollouts.ts'

export const EVENTS_AT_ONCE = 500
/** How long a quiet stream waits before it sends a comment, so that proxies keep it open. */
export const QUIET_MS = 10_000
export const RETRY_MS = 1000

const FEED_ID = /^\d{1,15}-\d{1,15}$/

export function eventRoutes(app: App, { ports, access }: HttpDeps): void {
  app.get(
    '/v1/rollouts/:id/events',
    { schema: { params: rolloutParams, headers: z.object({ 'last-event-id': z.string().optional() }), response: { ...refusals } } },
    async (request, reply) => {
      await knownRollout(ports, request.params.id)
      const after = request.headers['last-event-id'] ?? null
      if (after !== null && !FEED_ID.test(after)) {
        throw problem('body_invalid', `"${after}" is not an id of this stream`, { field: 'Last-Event-ID', expected: 'the id of the last event seen' })
      }
      const gone = new AbortController()
      request.raw.once('close', () => gone.abort())
      reply.hijack()
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      try {
        await stream(ports, request.params.id, { after, isLetIn: () => isStillLetIn(access, request) }, reply, gone.signal)
      } catch (error) {
        // The client resumes where it was; a stream has no other way to say that something broke.
        if (!gone.signal.aborted) request.log.warn({ err: error, rollout: request.params.id }, 'event stream broke')
      }
      reply.raw.end()
    },
  )
}

type Reader = { after: string | null; isLetIn: () => Promise<boolean> }

/** Sends nothing more once its reader is not let in any more, and ends within QUIET_MS. */
async function stream(ports: Ports, id: string, reader: Reader, reply: FastifyReply, signal: AbortSignal): Promise<void> {
  await write(reply, `retry: ${RETRY_MS}\n\n`, signal)
  let { after } = reader
  while (!signal.aborted) {
    // Read before the feed: an end that is seen here has all of its changes in the feed already.
    const ended = hasEnded((await knownRollout(ports, id)).phase)
    const entries = await ports.rollouts.feed(id, after, { limit: EVENTS_AT_ONCE, blockMs: ended ? 0 : QUIET_MS, signal })
    if (!await reader.isLetIn()) return
    for (const entry of entries) await write(reply, `id: ${entry.id}\nevent: change\ndata: ${JSON.stringify(entry.change)}\n\n`, signal)
    after = entries.at(-1)?.id ?? after
    if (entries.length > 0) continue
    if (ended) return write(reply, `event: end\ndata: {}\n\n`, signal)
    await write(reply, ': quiet\n\n', signal)
  }
}

/** Waits for a slow reader instead of piling up what it has not taken. */
async function write(reply: FastifyReply, text: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted || reply.raw.write(text)) return
  await once(reply.raw, 'drain', { signal })
}
