/** Bars: parts of a whole as cells of a line. */
import { styled } from './line.ts'
import type { Line, Tone } from './line.ts'

/** `mark` tells parts apart where there is no colour. */
export type Part = { count: number; mark: string; tone: Tone }

/** `cells` cells over the parts by their share. A part that is there is seen: it gets a cell however small its share is. */
export function barLine(parts: readonly Part[], cells: number): Line {
  const present = parts.filter(({ count }) => count > 0)
  const sizes = shareOut(present.map(({ count }) => count), cells)
  return present.map(({ mark, tone }, index) => styled(mark.repeat(sizes[index] ?? 0), tone))
}

/** Whole cells by the largest remainder, after each part has had its first. */
function shareOut(counts: readonly number[], cells: number): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const exact = counts.map((count) => (count / total) * cells)
  const sizes = exact.map((size) => Math.max(1, Math.floor(size)))
  const spare = () => cells - sizes.reduce((sum, size) => sum + size, 0)
  const mostLacking = () => indexOfMax(exact.map((size, index) => size - (sizes[index] ?? 0)))
  const largest = () => indexOfMax(sizes)
  while (spare() > 0 && sizes.length > 0) sizes[mostLacking()]! += 1
  while (spare() < 0 && Math.max(...sizes) > 1) sizes[largest()]! -= 1
  return sizes
}

function indexOfMax(values: readonly number[]): number {
  return values.indexOf(Math.max(...values))
}
