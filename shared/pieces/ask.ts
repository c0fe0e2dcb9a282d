/** Asks another machine for pieces and for news of them, as `shared/distribution/protocol.ts` says. A piece that comes back is the one that was asked for. */
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { announcementAnswerSchema, HAVE_HEADER, NEWS_BEAT_MS, NEWS_MAX_BYTES, PIECE_HEADER, RETRY_HEADER, WANTS_HEADER } from '../distribution/protocol.ts'
import type { Announcement, AnnouncementAnswer } from '../distribution/protocol.ts'
import { PIECE_MAX_BYTES } from '../distribution/piece.ts'
import type { Piece } from '../distribution/piece.ts'
import type { Source } from '../distribution/offer.ts'
import { problemSchema } from '../api/problem.ts'
import type { Bitmap } from '../swarm/bitmap.ts'
import { LEFT_OPEN } from './arrival.ts'
import { exchange } from './exchange.ts'
import type { Answered, Exchange, Failed, Where } from './exchange.ts'
import { methodOf, pathOf } from './route.ts'
import type { PieceRoute } from './route.ts'
import type { Dialer } from './tls.ts'

/** `grant`: the text of it. `have`: what the asker has itself, which it may tell with any request. */
export type AskOptions = {
  grant: string
  signal: AbortSignal
  have?: Bitmap
  /** Relays may have to fetch first. */
  stallMs?: number
  /** Of a relay's answer: it begins, and is that piece. */
  onBegun?: (index: number) => void
  /** As they come, not verified yet; of an answer that is no piece: none. */
  onBytes?: (chunk: Buffer) => void
}

/** `have`: a bitmap as the answerer sent it (Bitmap.decode), null: it said nothing of it. */
type Told = { have: string | null }

/** What comes instead of what was asked for. `refused`: the grant is not good there; `message` says why. */
export type NoPiece = (Told & { kind: 'busy'; retryMs: number }) | (Told & { kind: 'missing' }) | { kind: 'refused'; message: string } | Failed

/** `corrupt`: the bytes are not those of the piece. `index`: null for a root. */
export type PieceAnswer = (Told & { kind: 'piece'; index: number; bytes: Buffer }) | { kind: 'corrupt' } | NoPiece
export type RootAnswer = { kind: 'root'; bytes: Buffer } | { kind: 'corrupt' } | NoPiece
/** `over`: it was told for as long as one answer lasts. */
export type NewsAnswer = { kind: 'over' } | NoPiece
export type AnnounceAnswer = { kind: 'announced'; answer: AnnouncementAnswer } | NoPiece

const OK = 200
const MISSING = 404
const BUSY = 503
const REFUSED: ReadonlySet<number> = new Set([401, 403])
/** Of what is no piece. */
const MAX_TEXT_BYTES = 64 * 1024
/** For a busy answer that says nothing, or nothing sensible. */
const DEFAULT_RETRY_MS = 500
const MAX_RETRY_MS = 30_000
/** A host that lives says something more often. */
const NEWS_STALL_MS = 2 * NEWS_BEAT_MS

export function whereIs({ kind, name, url }: Source): Where {
  return { url, expected: kind === 'relay' ? { role: 'relay', host: name } : { role: 'coordinator' } }
}

/** @param sizeBytes null: whoever asks knows the name alone */
export async function askRoot(dialer: Dialer, where: Where, digest: string, sizeBytes: number | null, options: AskOptions): Promise<RootAnswer> {
  const hash = createHash('sha256')
  const answer = await ask(dialer, where, { kind: 'root', root: digest }, options, { hash, limitBytes: () => sizeBytes ?? PIECE_MAX_BYTES })
  if (answer.kind !== 'answered') return answer
  return hash.digest('hex') === digest ? { kind: 'root', bytes: answer.body } : { kind: 'corrupt' }
}

export async function askPiece(dialer: Dialer, where: Where, root: string, index: number, piece: Piece, options: AskOptions): Promise<PieceAnswer> {
  const hash = createHash('sha256')
  const answer = await ask(dialer, where, { kind: 'piece', root, index }, options, { hash, limitBytes: () => piece.sizeBytes, body: LEFT_OPEN })
  if (answer.kind !== 'answered') return answer
  if (hash.digest('hex') !== piece.digest) return { kind: 'corrupt' }
  return { kind: 'piece', index, bytes: answer.body, have: toldIn(answer.headers).have }
}

/** Whichever of the wanted pieces a relay or a coordinator would give next. @param pieceAt by its number */
export async function askAny(
  dialer: Dialer, where: Where, root: string, wanted: Bitmap, pieceAt: (index: number) => Piece | null, options: AskOptions,
): Promise<PieceAnswer> {
  const hash = createHash('sha256')
  const indexIn = (headers: IncomingHttpHeaders): number => Number(headers[PIECE_HEADER] ?? -1)
  const limitBytes = (headers: IncomingHttpHeaders): number | null => {
    const index = indexIn(headers)
    const sizeBytes = wanted.has(index) ? pieceAt(index)?.sizeBytes ?? null : null
    if (sizeBytes !== null) options.onBegun?.(index)
    return sizeBytes
  }
  const answer = await ask(dialer, where, { kind: 'any', root }, options, { hash, limitBytes, headers: { [WANTS_HEADER]: wanted.encode() }, body: LEFT_OPEN })
  if (answer.kind !== 'answered') return answer
  const index = indexIn(answer.headers)
  if (hash.digest('hex') !== pieceAt(index)?.digest) return { kind: 'corrupt' }
  return { kind: 'piece', index, bytes: answer.body, have: toldIn(answer.headers).have }
}

/** What a host has, each time that it has more; resolves when the answer is over. @param onHave a bitmap as it was sent (Bitmap.decode) */
export async function followHave(
  dialer: Dialer, where: Where, root: string, onHave: (have: string) => void, options: AskOptions,
): Promise<NewsAnswer> {
  let rest = ''
  const onBytes = (chunk: Buffer): void => {
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = lines.pop()!
    const latest = lines.findLast((line) => line !== '')
    if (latest !== undefined) onHave(latest)
  }
  const answer = await ask(dialer, where, { kind: 'have', root }, { stallMs: NEWS_STALL_MS, ...options, onBytes }, { limitBytes: () => NEWS_MAX_BYTES })
  return answer.kind === 'answered' ? { kind: 'over' } : answer
}

export async function announce(
  dialer: Dialer, where: Where, root: string, announcement: Announcement, options: AskOptions,
): Promise<AnnounceAnswer> {
  const body = JSON.stringify(announcement)
  const answer = await ask(dialer, where, { kind: 'announce', root }, options, { body, limitBytes: () => MAX_TEXT_BYTES })
  if (answer.kind !== 'answered') return answer
  const parsed = announcementAnswerSchema.safeParse(jsonIn(answer.body))
  return parsed.success ? { kind: 'announced', answer: parsed.data } : { kind: 'failed', why: 'nonsense', message: 'answers something else' }
}

type Particulars = {
  limitBytes: (headers: IncomingHttpHeaders) => number | null
  hash?: ReturnType<typeof createHash>
  headers?: Record<string, string>
  body?: Exchange['body']
}

/** Either what was asked for, by its status, or what it is instead. */
async function ask(dialer: Dialer, where: Where, route: PieceRoute, options: AskOptions, particulars: Particulars): Promise<Answered | NoPiece> {
  const { grant, have, signal, stallMs, onBytes } = options
  const { hash, headers, body, limitBytes } = particulars
  let isAnswer = false
  const answer = await exchange(dialer, where, {
    method: methodOf(route), path: pathOf(route), signal, ...(stallMs === undefined ? {} : { stallMs }), ...(body === undefined ? {} : { body }),
    headers: { authorization: `Grant ${grant}`, ...(have === undefined ? {} : { [HAVE_HEADER]: have.encode() }), ...headers },
    limitBytes(status, head) {
      isAnswer = status === OK
      return isAnswer ? limitBytes(head) : MAX_TEXT_BYTES
    },
    onBytes(chunk) {
      if (!isAnswer) return
      hash?.update(chunk)
      onBytes?.(chunk)
    },
  })
  if (answer.kind === 'failed' || answer.status === OK) return answer
  return insteadOf(answer)
}

function insteadOf({ status, headers, body }: Answered): NoPiece {
  if (status === MISSING) return { kind: 'missing', ...toldIn(headers) }
  if (status === BUSY) return { kind: 'busy', retryMs: retryIn(headers), ...toldIn(headers) }
  const said = problemSchema.safeParse(jsonIn(body))
  const message = said.success ? said.data.error.message : `answers ${status}`
  return REFUSED.has(status) ? { kind: 'refused', message } : { kind: 'failed', why: 'nonsense', message }
}

function toldIn(headers: IncomingHttpHeaders): Told {
  const have = headers[HAVE_HEADER]
  return { have: typeof have === 'string' ? have : null }
}

function retryIn(headers: IncomingHttpHeaders): number {
  const retryMs = Number(headers[RETRY_HEADER] ?? DEFAULT_RETRY_MS)
  return Number.isFinite(retryMs) && retryMs >= 0 ? Math.min(retryMs, MAX_RETRY_MS) : DEFAULT_RETRY_MS
}

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}
