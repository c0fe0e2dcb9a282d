/** The root of a manifest or a delta: asked of whoever gives out pieces, and known by its digest, which a coordinator has signed. */
import type { Piece } from '../../shared/distribution/piece.ts'
import { pause } from '../../shared/machine/backoff.ts'
import { askRoot, whereIs } from '../../shared/pieces/ask.ts'
import type { RootAnswer } from '../../shared/pieces/ask.ts'
import { FRUITLESS_MS } from './driver.ts'
import type { DriverOptions } from './driver.ts'

const BACKOFF = { baseMs: 250, capMs: 5000 }
/** A relay fetches it from afar first. */
const ANSWER_WITHIN_MS = 10_000
/** Everybody has said so often in a row that it is not there: it will not come. */
const MISSING_ROUNDS = 3

type Asking = Pick<DriverOptions, 'sources' | 'dialer' | 'leave' | 'onBytes'>

/** Rejects with a line for a person when nobody gives it. */
export async function fetchRoot(root: Piece, { sources, dialer, leave, onBytes }: Asking, signal: AbortSignal): Promise<Buffer> {
  const untilMs = performance.now() + FRUITLESS_MS
  let trouble = 'nobody is known who gives out pieces'
  let missing = 0
  for (let failures = 1; ; failures += 1) {
    const answers: string[] = []
    for (const source of sources.order(root.digest, performance.now())) {
      const options = { grant: await leave.get(signal), signal, stallMs: ANSWER_WITHIN_MS, onBytes: ({ length }: Buffer) => onBytes(length, source.kind) }
      const answer = await askRoot(dialer, whereIs(source), root.digest, root.sizeBytes, options)
      signal.throwIfAborted()
      if (answer.kind === 'root') {
        sources.answered(source.url)
        return answer.bytes
      }
      if (answer.kind === 'refused') leave.drop()
      if (answer.kind === 'failed') sources.failed(source.url, performance.now())
      trouble = `${source.url}: ${inWords(answer)}`
      answers.push(answer.kind)
    }
    missing = answers.length > 0 && answers.every((kind) => kind === 'missing') ? missing + 1 : 0
    if (missing >= MISSING_ROUNDS || performance.now() > untilMs) throw new Error(`the package cannot be fetched: ${trouble}`)
    await pause(BACKOFF, failures, signal)
    signal.throwIfAborted()
  }
}

function inWords(answer: Exclude<RootAnswer, { kind: 'root' }>): string {
  switch (answer.kind) {
    case 'missing':
      return 'it is not there'
    case 'busy':
      return 'busy'
    case 'corrupt':
      return 'what came has another digest'
    case 'refused':
    case 'failed':
      return answer.message
    default:
      return answer satisfies never
  }
}
