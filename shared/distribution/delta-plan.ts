/**
 * What of an artifact's stream lies in that of another, chunk for chunk, and what does not. Every chunk may come from anywhere.
 */
import type { Chunk } from './manifest.ts'

/** A part of a stream, in bytes. */
export type Range = { offset: number; length: number }

/**
 * Of the new stream. `copy`: as it stands in the base's stream at `from`. `fresh`: not there; what stood in its place lies between `after`
 * and `before` in the base's stream, the ends of what both have on either side of it (the other way round when the order has changed).
 */
export type Stretch = (Range & { kind: 'copy'; from: number }) | (Range & { kind: 'fresh'; after: number; before: number })

/** `vanished`: of the base's stream, what nothing is copied from, in order. */
export type Plan = { stretches: Stretch[]; vanished: Range[] }

export function planDelta(base: readonly Chunk[], next: readonly Chunk[]): Plan {
  const starts = startsOf(base)
  const index = new Map<string, number>()
  for (const [n, { digest }] of base.entries()) if (!index.has(digest)) index.set(digest, n)
  const taken = new Uint8Array(base.length)
  const stretches: Stretch[] = []
  let [offset, following] = [0, 0]
  for (const { digest, sizeBytes } of next) {
    const n = base[following]?.digest === digest ? following : index.get(digest)
    if (n === undefined) add(stretches, { kind: 'fresh', offset, length: sizeBytes, after: starts[following]!, before: starts[following]! })
    else {
      add(stretches, { kind: 'copy', offset, length: sizeBytes, from: starts[n]! })
      taken[n] = 1
      following = n + 1
    }
    offset += sizeBytes
  }
  setBefore(stretches, starts.at(-1)!)
  return { stretches, vanished: vanishedOf(base, starts, taken) }
}

/** Where each chunk begins, and behind them where the last one ends. */
function startsOf(chunks: readonly Chunk[]): number[] {
  const starts = [0]
  for (const { sizeBytes } of chunks) starts.push(starts.at(-1)! + sizeBytes)
  return starts
}

/** What goes on where the last one ended becomes part of it. */
function add(stretches: Stretch[], next: Stretch): void {
  const last = stretches.at(-1)
  const goesOn = last?.kind === next.kind && (last.kind === 'fresh' || next.kind === 'fresh' || last.from + last.length === next.from)
  if (goesOn) last.length += next.length
  else stretches.push(next)
}

function setBefore(stretches: readonly Stretch[], endOfBase: number): void {
  let before = endOfBase
  for (const stretch of stretches.toReversed()) {
    if (stretch.kind === 'copy') before = stretch.from
    else stretch.before = before
  }
}

function vanishedOf(base: readonly Chunk[], starts: readonly number[], taken: Uint8Array): Range[] {
  const vanished: Range[] = []
  for (const [n, { sizeBytes }] of base.entries()) {
    if (taken[n] === 1) continue
    const last = vanished.at(-1)
    if (last !== undefined && last.offset + last.length === starts[n]) last.length += sizeBytes
    else vanished.push({ offset: starts[n]!, length: sizeBytes })
  }
  return vanished
}
