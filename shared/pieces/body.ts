/** What comes in an answer. Owns that it is no more than what was asked for, and that a connection outlives an answer of which little is left. */
import type { IncomingMessage } from 'node:http'
import { ALMOST_BYTES } from './arrival.ts'
import { GivenUp } from './failure.ts'

export class Body {
  /** Rejects when it does not come whole, or is more than `limitBytes`. */
  readonly whole: Promise<Buffer>
  readonly #response: IncomingMessage
  readonly #end = Promise.withResolvers<Buffer>()
  readonly #chunks: Buffer[] = []
  readonly #lengthBytes: number
  #bytes = 0

  /** @param limitBytes null: it is nothing that was asked for */
  constructor(response: IncomingMessage, limitBytes: number | null, onBytes: (chunk: Buffer) => void) {
    this.#response = response
    this.whole = this.#end.promise
    this.#lengthBytes = Number(response.headers['content-length'] ?? Infinity)
    const hear = (chunk: Buffer): void => {
      this.#bytes += chunk.length
      if (this.#bytes > limitBytes!) return this.#refuse(`sends more than ${limitBytes} bytes`)
      this.#chunks.push(chunk)
      onBytes(chunk)
    }
    response.once('end', () => this.#end.resolve(this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#bytes)))
    response.once('error', (error) => this.#end.reject(error))
    response.once('close', () => this.#end.reject(new Error('the connection broke')))
    // whoever has given it up hears no more of it
    this.whole.catch(() => response.off('data', hear))
    if (limitBytes === null || (this.#lengthBytes !== Infinity && this.#lengthBytes > limitBytes)) this.#refuse('answers with what nobody asked for')
    else response.on('data', hear)
  }

  /** Only a little of it is still on its way. Never of one whose length is not known. */
  get isAlmostHere(): boolean {
    return this.#lengthBytes - this.#bytes <= ALMOST_BYTES
  }

  /** Nobody wants it any more. False: too much is left to let it come to its end, which may take `withinMs`; another connection would cost less. */
  leave(withinMs: number): boolean {
    if (!this.isAlmostHere) return false
    const timer = setTimeout(() => this.#response.destroy(), withinMs)
    this.#response.once('close', () => clearTimeout(timer))
    this.#end.reject(new GivenUp('ended', 'given up'))
    this.#response.resume()
    return true
  }

  #refuse(message: string): void {
    this.#end.reject(new GivenUp('nonsense', message))
    this.#response.destroy()
  }
}
