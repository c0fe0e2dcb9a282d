/** Many host names in few words: names that differ only in a number become ranges. */
import { counted } from '../../shared/counted.ts'

export const MAX_RANGES = 8

type Numbered = { prefix: string; digits: string; suffix: string }

/** `web-001…web-480, web-500 and 3 more hosts`: sorted, at most `maxRanges` of them. */
export function hostRanges(hosts: readonly string[], maxRanges = MAX_RANGES): string {
  const runs = runsOf(hosts.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })))
  const shown = runs.slice(0, maxRanges).map((run) => (run.length <= 2 ? run.join(', ') : `${run[0]}…${run.at(-1)}`))
  const left = runs.slice(maxRanges).reduce((sum, run) => sum + run.length, 0)
  return shown.join(', ') + (left > 0 ? ` and ${counted(left, 'more host')}` : '')
}

function runsOf(sorted: readonly string[]): string[][] {
  const runs: string[][] = []
  for (const host of sorted) {
    const run = runs.at(-1)
    if (run !== undefined && follows(run.at(-1) ?? '', host)) run.push(host)
    else runs.push([host])
  }
  return runs
}

function follows(before: string, after: string): boolean {
  const [a, b] = [numbered(before), numbered(after)]
  if (a === null || b === null || a.prefix !== b.prefix || a.suffix !== b.suffix) return false
  const padded = a.digits.startsWith('0') || b.digits.startsWith('0')
  return Number(b.digits) === Number(a.digits) + 1 && (!padded || a.digits.length === b.digits.length)
}

/** Split at the number that counts: the last one of the first label (`web-12.fra2.example` counts by 12). */
function numbered(host: string): Numbered | null {
  const match = /^([^.]*?)(\d{1,9})([^\d.]*(?:\..*)?)$/.exec(host)
  return match === null ? null : { prefix: match[1] ?? '', digits: match[2] ?? '', suffix: match[3] ?? '' }
}
