/**
 * How pieces are asked for: HTTP/1.1 over TLS with keep-alive, both ends with their machine certificates. Relays, coordinators and agents answer the
 * same way. A swarm is all who want or hold the pieces of one root; it is named by the root's digest. Its pieces have numbers: the root's pages first (of a
 * delta: none), then the packs in their order (of a delta: the parts). The root itself has none.
 *
 *   GET  /v1/swarms/<root>/root            the root's bytes
 *   GET  /v1/swarms/<root>/pieces/<n>      one piece. 404: not here; 503: busy, with RETRY_HEADER
 *   GET  /v1/swarms/<root>/any             (relay, coordinator) one of the pieces that WANTS_HEADER names, the least-sent one; its number: PIECE_HEADER
 *   GET  /v1/swarms/<root>/have            (agent) what it holds by now, in a line, and in another one whenever that has become more; an empty one each
 *                                          NEWS_BEAT_MS shows that it lives. The answer ends after NEWS_MAX_BYTES or NEWS_MAX_MS, and may be asked for again
 *   POST /v1/swarms/<root>/announce        (relay, coordinator) Announcement → AnnouncementAnswer
 *
 * A request for a piece has a body, chunked and without a byte, which ends when almost all of the answer is there (`shared/pieces/arrival.ts`): only then its
 * place is free for somebody else.
 *
 * Every request carries `Authorization: Grant <grant>`. The grant's host must be the one of the client's certificate, and <root> one of its roots.
 */
import { z } from 'zod'
import { NAME_PATTERN } from '../ids.ts'

/** A bitmap in base64url, bit n (from the lowest of the first byte) for piece n: of the asker in a request, of the answerer in an answer. */
export const HAVE_HEADER = 'muster-have'
/** A bitmap too, of what a relay may choose from. */
export const WANTS_HEADER = 'muster-wants'
/** The number of the piece in the body. */
export const PIECE_HEADER = 'muster-piece'
/** In how many milliseconds it makes sense to ask again. */
export const RETRY_HEADER = 'muster-retry-ms'

/**
 * Pieces that are no more than this together are asked of relays alone, which make nobody wait for so little: to find out who else has them would cost
 * as much.
 */
export const LITTLE_BYTES = 64 * 1024

export const NEWS_BEAT_MS = 1_000
export const NEWS_MAX_MS = 60_000
export const NEWS_MAX_BYTES = 64 * 1024

const bitmap = z.string().max(16 * 1024).regex(/^[A-Za-z0-9_-]*$/)

export const announcementSchema = z.strictObject({
  /** Where neighbours ask this host; its address is the one that the connection comes from, unless it says another. */
  port: z.number().int().min(1).max(65_535),
  address: z.string().max(255).optional(),
  rack: z.string().max(255),
  have: bitmap,
  /** It has brought nothing for a while and its neighbours have nothing for it. */
  starving: z.boolean(),
})
export type Announcement = z.output<typeof announcementSchema>

const neighbourSchema = z.strictObject({ host: z.string().regex(NAME_PATTERN), address: z.string(), port: z.number().int(), rack: z.string() })
export type Neighbour = z.output<typeof neighbourSchema>

export const MAX_NEIGHBOURS = 32

export const announcementAnswerSchema = z.strictObject({
  neighbours: z.array(neighbourSchema).max(MAX_NEIGHBOURS),
  /** Whether it may ask here for pieces as well, or only its neighbours. */
  mayAsk: z.boolean(),
  /** When to announce itself again, at the latest. */
  nextMs: z.number().int().min(50),
})
export type AnnouncementAnswer = z.output<typeof announcementAnswerSchema>
