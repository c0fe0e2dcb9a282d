/** Which of a swarm's pieces somebody has: a set of numbers below `length`, as it crosses the wire in base64url. */

const WORD_BITS = 32

export class Bitmap {
  readonly length: number
  /** Bit n lies in word n >>> 5; the bits beyond `length` are 0. Read by those who look at many pieces at once. */
  readonly words: Uint32Array
  #count = 0

  constructor(length: number) {
    this.length = length
    this.words = new Uint32Array(Math.ceil(length / WORD_BITS))
  }

  static of(length: number, indexes: Iterable<number>): Bitmap {
    const bitmap = new Bitmap(length)
    for (const index of indexes) bitmap.set(index)
    return bitmap
  }

  static full(length: number): Bitmap {
    const bitmap = new Bitmap(length)
    for (let index = 0; index < length; index++) bitmap.set(index)
    return bitmap
  }

  /** Reads what anybody may have sent: what is missing is 0, what is too much or not base64url is passed over. */
  static decode(text: string, length: number): Bitmap {
    const bitmap = new Bitmap(length)
    const bytes = Buffer.from(text.slice(0, Math.ceil(length / 6) + 1), 'base64url')
    const end = Math.min(length, bytes.length * 8)
    for (let index = 0; index < end; index++) {
      if ((bytes[index >>> 3]! >>> (index & 7)) & 1) bitmap.set(index)
    }
    return bitmap
  }

  /** Bit n, from the lowest of the first byte, for piece n; trailing bytes that are 0 are left out. */
  encode(): string {
    const bytes = Buffer.alloc(Math.ceil(this.length / 8))
    let used = 0
    for (let at = 0; at < bytes.length; at++) {
      const byte = (this.words[at >>> 2]! >>> ((at & 3) * 8)) & 0xff
      bytes[at] = byte
      if (byte !== 0) used = at + 1
    }
    return bytes.toString('base64url', 0, used)
  }

  /** Numbers that there are not are in no set. */
  has(index: number): boolean {
    return index >= 0 && index < this.length && ((this.words[index >>> 5]! >>> (index & 31)) & 1) === 1
  }

  /** False: it was there, or there is no such number. */
  set(index: number): boolean {
    if (!(index >= 0 && index < this.length) || this.has(index)) return false
    this.words[index >>> 5]! |= 1 << (index & 31)
    this.#count++
    return true
  }

  /** False: it was not there. */
  clear(index: number): boolean {
    if (!this.has(index)) return false
    this.words[index >>> 5]! &= ~(1 << (index & 31))
    this.#count--
    return true
  }

  /** How many are in the set. */
  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count === this.length
  }

  intersects(other: Bitmap): boolean {
    for (let at = 0; at < this.words.length; at++) if ((this.words[at]! & (other.words[at] ?? 0)) !== 0) return true
    return false
  }

  /** What is in both. */
  and(other: Bitmap): Bitmap {
    const both = new Bitmap(this.length)
    for (const index of this.indexes()) if (other.has(index)) both.set(index)
    return both
  }

  copy(): Bitmap {
    const copy = new Bitmap(this.length)
    copy.words.set(this.words)
    copy.#count = this.#count
    return copy
  }

  /** Ascending. */
  *indexes(): IterableIterator<number> {
    for (let at = 0; at < this.words.length; at++) {
      for (let word = this.words[at]!; word !== 0; word &= word - 1) yield at * WORD_BITS + lowestBit(word)
    }
  }
}

/** @param word not 0 */
export function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word)
}
