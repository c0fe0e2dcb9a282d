/** The bytes of an upload as they were sent: counted, hashed, bounded, and given up when they stall. */
import { createHash } from 'node:crypto'
import { finished, Transform, type Readable, type TransformCallback } from 'node:stream'
import { problem, type MusterError } from '../../../shared/errors.ts'
import { formatBytes } from '../../../shared/package/bytes.ts'
import { HEAD_BYTES } from '../../../shared/package/format.ts'

export class Sent extends Transform {
  bytes = 0
  #start = Buffer.alloc(0)
  readonly #head = Promise.withResolvers<Buffer>()
  readonly #hash = createHash('sha256')
  readonly #maxBytes: number
  readonly #stall: NodeJS.Timeout

  constructor(maxBytes: number, stallMs: number) {
    super()
    this.#maxBytes = maxBytes
    const expected = `a byte at least every ${stallMs / 1000} s`
    this.#stall = setTimeout(() => this.destroy(problem('package_invalid', 'the upload stalled', { expected })), stallMs)
    // Whoever waits for it meets the error; there may be a moment in which nobody does.
    this.on('error', () => {})
    this.#head.promise.catch(() => {})
  }

  /** Takes what `source` gives. A pipe leaves its source alone when it breaks: a response may have to go out over the same socket. */
  takeFrom(source: Readable): void {
    const forget = finished(source, { writable: false }, error => error && this.destroy(error))
    this.once('close', forget)
    source.pipe(this)
  }

  /** The first `HEAD_BYTES`, or all there are; the stream has them still. */
  head(): Promise<Buffer> {
    return this.#head.promise
  }

  /** After the end. */
  digest(): string {
    return this.#hash.digest('hex')
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#stall.refresh()
    this.bytes += chunk.length
    this.#hash.update(chunk)
    if (this.#start.length < HEAD_BYTES) this.#start = Buffer.concat([this.#start, chunk.subarray(0, HEAD_BYTES - this.#start.length)])
    if (this.#start.length === HEAD_BYTES) this.#head.resolve(this.#start)
    done(this.bytes > this.#maxBytes ? tooLarge(this.#maxBytes) : null, chunk)
  }

  override _flush(done: TransformCallback): void {
    this.#head.resolve(this.#start)
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#stall)
    this.#head.reject(error)
    done(error)
  }
}

export function tooLarge(maxBytes: number): MusterError {
  return problem('package_too_large', 'the package is too large', { expected: `at most ${formatBytes(maxBytes)} as it is sent` })
}
