/**
 * Times on a wall and instants, in any time zone. A time that clocks jump over is taken as if they had not been moved (02:30 becomes 03:30); one that
 * comes twice is taken the first time. Pure but for the time zone database of the runtime.
 */
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** What a clock on the wall shows; `month` from 1. */
export type WallTime = { year: number; month: number; day: number; hour: number; minute: number }

export function isZone(tz: string): boolean {
  try {
    formatOf(tz)
    return true
  } catch {
    return false
  }
}

/** @returns ms since the epoch */
export function instantOf(wall: WallTime, tz: string): number {
  const asUtc = utcOf(wall)
  const before = offsetMs(asUtc - DAY_MS, tz)
  const after = offsetMs(asUtc + DAY_MS, tz)
  const shown = [asUtc - before, asUtc - after].filter((instant) => utcOf(wallTimeOf(instant, tz)) === asUtc)
  return shown.length === 0 ? asUtc - before : Math.min(...shown)
}

export function wallTimeOf(instant: number, tz: string): WallTime {
  const parts = Object.fromEntries(formatOf(tz).formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts
  return { year, month, day, hour, minute }
}

/**
 * `2026-12-01 02:00`, or with seconds, as clocks in `tz` show it, or with an offset of its own (`2026-12-01T02:00Z`, `…+01:00`); years from 1000 on.
 * @returns ms since the epoch; null: it is no time
 */
export function parseTime(text: string, tz: string): number | null {
  const match = /^([1-9]\d{3})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::([0-5]\d))?(Z|[+-]\d\d:\d\d)?$/.exec(text.trim())
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.slice(1, 6).map(Number)
  const wall = { year, month, day, hour, minute }
  const utc = new Date(utcOf(wall))
  const exists = utc.getUTCMonth() + 1 === month && utc.getUTCDate() === day && utc.getUTCHours() === hour && utc.getUTCMinutes() === minute
  if (!exists) return null
  const [seconds = '00', offset] = match.slice(6)
  if (offset === undefined) return instantOf(wall, tz) + Number(seconds) * 1000
  return Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${seconds}${offset}`)
}

/** How far the clocks are from UTC on this calendar day, all day long; null: they are moved on it, or on a day beside it. */
export function steadyOffsetMs({ year, month, day }: WallTime, tz: string): number | null {
  const midnight = Date.UTC(year, month - 1, day)
  const before = offsetMs(midnight - DAY_MS, tz)
  return before === offsetMs(midnight + 2 * DAY_MS, tz) ? before : null
}

/** The calendar day that follows by `days`. */
export function dayAfter({ year, month, day }: WallTime, days: number): WallTime {
  const date = new Date(Date.UTC(year, month - 1, day + days))
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), hour: 0, minute: 0 }
}

/** 0: Sunday. */
export function weekdayOf({ year, month, day }: WallTime): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay()
}

/** What the wall shows, taken as UTC: ms since the epoch. */
export function utcOf({ year, month, day, hour, minute }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute)
}

function offsetMs(instant: number, tz: string): number {
  return utcOf(wallTimeOf(instant, tz)) - Math.floor(instant / MINUTE_MS) * MINUTE_MS
}

/** Making one costs more than using it a thousand times; there are some 400 zones. */
const formats = new Map<string, Intl.DateTimeFormat>()

/** @throws RangeError for a zone that there is not */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric',
  })
  formats.set(timeZone, format)
  return format
}
