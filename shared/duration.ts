/** Durations as people write them: `90s`, `10m`, `1h30m`, `500ms`. In memory they are milliseconds and end in `Ms`. */
const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const SHAPE = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/

/** Milliseconds, or null when `text` is not a duration, or longer than can be counted. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0
  if (!SHAPE.test(text)) return null
  let totalMs = 0
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h|d)/g)) totalMs += Number(amount) * (UNITS_MS[unit!] ?? 0)
  const wholeMs = Math.round(totalMs)
  return Number.isSafeInteger(wholeMs) ? wholeMs : null
}

/** The shortest reading for a person: `1h 4m`, `3m 20s`, `45s`, `0.3s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${(Math.max(0, ms) / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`
  return `${Math.floor(seconds / 86_400)}d ${Math.floor((seconds % 86_400) / 3600)}h`
}
