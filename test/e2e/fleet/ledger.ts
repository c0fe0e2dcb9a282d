/** What the scripts of a test's service wrote down on their host, each before it did anything else, and how each ended. */
import { readFileSync } from 'node:fs'

/** `status` null: it has begun, and not ended yet or never. */
export type LedgerEntry = { host: string; command: string; step: string; version: string; begunAtMs: number; endedAtMs: number | null; status: number | null }

export type Span = { host: string; fromMs: number; toMs: number }

/** In the order in which they began. A host that has run nothing has no ledger. */
export function readLedger(host: string, file: string): LedgerEntry[] {
  const lines = read(file).split('\n').filter((line) => line !== '').map((line) => line.split(' '))
  const ended = lines.filter(([mark]) => mark === 'ended')
  return lines.filter(([mark]) => mark === 'begun').map(([, atS, command = '', step = '', version = '']) => {
    const end = ended.find((line) => line[2] === command && line[3] === step)
    return {
      host, command, step, version, begunAtMs: Number(atS) * 1000,
      endedAtMs: end === undefined ? null : Number(end[1]) * 1000, status: end === undefined ? null : Number(end[5]),
    }
  })
}

/** From the first script of each command to the last one's end. */
export function spansOf(entries: readonly LedgerEntry[]): Span[] {
  const commands = Map.groupBy(entries, ({ command }) => command)
  return [...commands.values()].map((of) => ({
    host: of[0]!.host,
    fromMs: Math.min(...of.map(({ begunAtMs }) => begunAtMs)),
    toMs: Math.max(...of.map(({ endedAtMs, begunAtMs }) => endedAtMs ?? begunAtMs)),
  }))
}

/** How many of the spans there were at once, at most. */
export function mostAtOnce(spans: readonly Span[]): number {
  return Math.max(0, ...spans.map(({ fromMs }) => spans.filter((other) => other.fromMs <= fromMs && fromMs < other.toMs).length))
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
