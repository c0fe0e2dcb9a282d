/**
 * Numbers and bytes one after another, as layouts and deltas are written: whole numbers as LEB128 (seven bits to a byte, the lowest first),
 * small ones of either sign folded (0, -1, 1, -2, …), so that what is near or equal to what came before costs a byte.
 */
const FIRST_BYTES = 1024
/** 2^53 needs eight. */
const MAX_NUMBER_BYTES = 8

export class Writer {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  #length = 0

  get length(): number {
    return this.#length
  }

  number(value: number): void {
    this.#reserve(MAX_NUMBER_BYTES)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value)
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** What has been written, as bytes of its own; begins anew. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#length))
    this.#length = 0
    return taken
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + bytes))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

export class Reader {
  readonly #bytes: Buffer
  readonly #fault: (how: string) => Error
  #at = 0

  /** @param fault what is thrown when there are fewer bytes or larger numbers than there should be */
  constructor(bytes: Buffer, fault: (how: string) => Error) {
    this.#bytes = bytes
    this.#fault = fault
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  /** @param most larger ones are refused */
  number(most: number = Number.MAX_SAFE_INTEGER): number {
    let [value, scale] = [0, 1]
    for (let read = 0; read < MAX_NUMBER_BYTES; read += 1, scale *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) break
      value += (byte & 127) * scale
      if (byte < 128) return value <= most ? value : this.fail(`${value} where at most ${most} can be`)
    }
    return this.fail('a number has no end')
  }

  /** @param most of the value without its sign */
  signed(most: number): number {
    const folded = this.number(2 * most)
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2
  }

  raw(length: number): Buffer {
    if (length > this.left) this.fail('it ends too early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  fail(how: string): never {
    throw this.#fault(how)
  }
}
