/**
 * When a session begins anew because its certificate has been replaced: at some moment between the renewal and the end of the former one, with which
 * no coordinator keeps it. A fleet that was enrolled within a minute does not connect again within a minute.
 */
import { certificateOf } from './kept.ts'
import type { Kept } from './kept.ts'

type Certificate = Pick<Kept, 'certificate'>

export class Turnover {
  readonly #begunWith: Certificate
  readonly #random: () => number
  #atMs: number | null = null

  /** @param begunWith what the session has shown @param random from 0 to 1 */
  constructor(begunWith: Certificate, random: () => number = Math.random) {
    this.#begunWith = begunWith
    this.#random = random
  }

  /** @param now what the next session will show @param nowMs by this host's clock; to be asked every now and then */
  isDue({ certificate }: Certificate, nowMs: number): boolean {
    if (certificate === this.#begunWith.certificate) return false
    const leftMs = Math.max(0, certificateOf(this.#begunWith).validToDate.getTime() - nowMs)
    this.#atMs ??= nowMs + leftMs * this.#random()
    return nowMs >= this.#atMs
  }
}
