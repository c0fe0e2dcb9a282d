/**
 * Against which bytes of the base what is new gets compressed: what vanished from its places, and from around them, as much as a dictionary
 * may hold. Where little vanished in all, that is all of it, so that what was moved or renamed finds its former self as well.
 */
import type { Range } from './delta-plan.ts'

export const DICTIONARY_MAX_BYTES = 8 * 1024 * 1024
/** Besides what vanished: what stands around it is often like it. */
const MARGIN_BYTES = 16 * 1024
const LEAST_GROWTH_BYTES = 32 * 1024

/** Between which places of the base's stream something new stands. */
export type Between = { after: number; before: number }

/** The vanished bytes, thought of one after another: `start` is where a range of them begins in that row. */
type Vanished = Range & { start: number }

export class Dictionaries {
  readonly #vanished: Vanished[]
  readonly #totalBytes: number

  constructor(vanished: readonly Range[], fresh: readonly Between[], baseBytes: number) {
    const places = fresh.flatMap(({ after, before }) => [{ offset: after, length: 0 }, { offset: before, length: 0 }])
    const ranges = united([...vanished, ...places].map((range) => widened(range, MARGIN_BYTES, baseBytes)))
    let start = 0
    this.#vanished = ranges.map((range) => ({ ...range, start: (start += range.length) - range.length }))
    this.#totalBytes = start
  }

  /** In the order of the base's stream. */
  rangesFor(fresh: readonly Between[]): Range[] {
    const places = fresh.map(({ after, before }) => this.#between(Math.min(after, before), Math.max(after, before)))
    let chosen = cut(united(places), DICTIONARY_MAX_BYTES)
    for (let growth = LEAST_GROWTH_BYTES; growth < 2 * this.#totalBytes; growth *= 2) {
      const grown = united(places.map((range) => widened(range, growth, this.#totalBytes)))
      if (totalOf(grown) > DICTIONARY_MAX_BYTES) break
      chosen = grown
    }
    return chosen.flatMap((range) => this.#inBase(range))
  }

  /** In the row of the vanished bytes. */
  #between(from: number, to: number): Range {
    const offset = this.#rowAt(from)
    return { offset, length: this.#rowAt(to) - offset }
  }

  #rowAt(place: number): number {
    const next = firstAfter(this.#vanished, ({ offset }) => offset > place)
    const last = this.#vanished[next - 1]
    return last === undefined ? 0 : last.start + Math.min(last.length, place - last.offset)
  }

  #inBase({ offset, length }: Range): Range[] {
    const ranges: Range[] = []
    for (let n = Math.max(0, firstAfter(this.#vanished, ({ start }) => start > offset) - 1); n < this.#vanished.length; n += 1) {
      const vanished = this.#vanished[n]!
      const [from, to] = [Math.max(offset, vanished.start), Math.min(offset + length, vanished.start + vanished.length)]
      if (from >= to) break
      ranges.push({ offset: vanished.offset + from - vanished.start, length: to - from })
    }
    return ranges
  }
}

/** The first that `holds`, which all behind it do, too. */
function firstAfter<T>(sorted: readonly T[], holds: (value: T) => boolean): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(sorted[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}

function totalOf(ranges: readonly Range[]): number {
  return ranges.reduce((total, { length }) => total + length, 0)
}

function widened({ offset, length }: Range, by: number, end: number): Range {
  const from = Math.max(0, offset - by)
  return { offset: from, length: Math.min(end, offset + length + by) - from }
}

function united(ranges: readonly Range[]): Range[] {
  const one: Range[] = []
  for (const { offset, length } of ranges.toSorted((a, b) => a.offset - b.offset)) {
    const last = one.at(-1)
    if (last !== undefined && offset <= last.offset + last.length) last.length = Math.max(last.length, offset + length - last.offset)
    else one.push({ offset, length })
  }
  return one.filter(({ length }) => length > 0)
}

/** Of each the same share, from its middle. */
function cut(ranges: readonly Range[], most: number): Range[] {
  const share = Math.min(1, most / Math.max(1, totalOf(ranges)))
  return ranges.map(({ offset, length }) => ({ offset: offset + Math.floor(length * (1 - share) / 2), length: Math.floor(length * share) }))
}
