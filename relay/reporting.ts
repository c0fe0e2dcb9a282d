/**
 * Tells a coordinator of this relay every few seconds, and takes from the answer whom to trust and whom to ask. Owns that the relay finds a coordinator
 * again whichever of them goes: those that it was told of last are asked after the one that it was started with.
 */
import type { Logger } from 'pino'
import type { Source } from '../shared/distribution/offer.ts'
import { RELAY_REPORT_EVERY_MS, RELAY_REPORT_PATH, relayReportAnswerSchema } from '../shared/distribution/relay-report.ts'
import type { RelayReport, RelayReportAnswer } from '../shared/distribution/relay-report.ts'
import { problemSchema } from '../shared/api/problem.ts'
import { CLOCK_SKEW_MS } from '../shared/order.ts'
import { rest } from '../shared/machine/backoff.ts'
import { exchange } from '../shared/pieces/exchange.ts'
import type { Dialer } from '../shared/pieces/tls.ts'

export type ReportingOptions = {
  dialer: Dialer
  /** Of a coordinator's piece port. */
  first: () => string
  report: () => RelayReport
  /** Rejects, and nothing changes, for what cannot be believed. */
  onAnswer: (answer: RelayReportAnswer) => Promise<void>
  log: Logger
  everyMs?: number
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024
const ANSWER_WITHIN_MS = 10_000
const AGAIN_AFTER_MS = 2000
const MINUTE_MS = 60_000
const OK = 200

export class Reporting {
  readonly #options: ReportingOptions
  #upstreams: readonly Source[] = []
  /** How it went last; null: not asked yet. */
  #trouble: string | null = null
  #isClockWrong = false

  constructor(options: ReportingOptions) {
    this.#options = options
  }

  /** Whom to fetch from, in this order. */
  get upstreams(): readonly Source[] {
    return this.#upstreams
  }

  /** Until `ending`; never rejects. */
  async keep(ending: AbortSignal): Promise<void> {
    const { everyMs = RELAY_REPORT_EVERY_MS } = this.#options
    while (!ending.aborted) {
      const isHeard = await this.#once(ending)
      await rest(isHeard ? everyMs : Math.min(everyMs, AGAIN_AFTER_MS), ending)
    }
  }

  async #once(ending: AbortSignal): Promise<boolean> {
    const { first, log } = this.#options
    const told = this.#upstreams.filter(({ kind }) => kind === 'coordinator').map(({ url }) => url)
    let trouble = ''
    for (const url of new Set([first(), ...told])) {
      const outcome = await this.#ask(url, ending)
      if (ending.aborted) return false
      if (outcome === null) {
        if (this.#trouble !== '') log.info({ coordinator: url, upstreams: this.#upstreams.map((one) => one.url) }, 'heard by a coordinator')
        this.#trouble = ''
        return true
      }
      trouble = `${url}: ${outcome}`
    }
    if (trouble !== this.#trouble) log.warn({ reason: trouble }, 'no coordinator hears this relay: it goes on with what it was told last')
    this.#trouble = trouble
    return false
  }

  /** Null: it was heard. Otherwise why not. */
  async #ask(url: string, ending: AbortSignal): Promise<string | null> {
    const { dialer, report, onAnswer } = this.#options
    const answer = await exchange(dialer, { url, expected: { role: 'coordinator' } }, {
      method: 'POST', path: RELAY_REPORT_PATH, headers: { 'content-type': 'application/json' }, body: JSON.stringify(report()), signal: ending,
      connectMs: ANSWER_WITHIN_MS, stallMs: ANSWER_WITHIN_MS, limitBytes: () => MAX_ANSWER_BYTES,
    })
    if (answer.kind === 'failed') return answer.message
    this.#compareClocks(Date.parse(answer.headers.date ?? ''))
    const body = jsonOrNull(answer.body)
    if (answer.status !== OK) return problemSchema.safeParse(body).data?.error.message ?? `it answers ${answer.status}`
    const parsed = relayReportAnswerSchema.safeParse(body)
    if (!parsed.success) return 'it answers with something else than what relays are told'
    try {
      await onAnswer(parsed.data)
    } catch (error) {
      return (error as Error).message
    }
    this.#upstreams = parsed.data.upstreams
    return null
  }

  /** With a wrong clock good grants are taken for bad ones, and nobody else would say why. @param nowMs by the coordinator's clock; NaN: it has not said */
  #compareClocks(nowMs: number): void {
    const aheadMs = Date.now() - nowMs
    const isWrong = Math.abs(aheadMs) > CLOCK_SKEW_MS
    if (isWrong && !this.#isClockWrong) {
      const difference = `${Math.round(Math.abs(aheadMs) / MINUTE_MS)} min ${aheadMs > 0 ? 'ahead of' : 'behind'}`
      this.#options.log.warn(`this relay's clock is ${difference} the coordinator's: grants and certificates are judged wrongly until it is set`)
    }
    this.#isClockWrong = isWrong
  }
}

function jsonOrNull(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}
