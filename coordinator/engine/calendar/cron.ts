/** Recurring times, as node-cron reads them: from an expression and a time zone to instants. Pure. */
import { validateDetailed } from 'node-cron'
import { dayAfter, instantOf, steadyOffsetMs, utcOf, wallTimeOf, weekdayOf } from './zone.ts'
import type { WallTime } from './zone.ts'

/** A time that comes more rarely is as good as none: 29 February comes after eight years at the latest. */
export const MAX_DAYS_AHEAD = 8 * 366 + 1
const DAYS_OF_MONTH = 31
const DAYS_OF_WEEK = 7

export type Cron = { minutes: number[]; hours: number[]; days: Set<number>; months: Set<number>; weekdays: Set<number> }
export type ParsedCron = { ok: true; cron: Cron } | { ok: false; message: string }

/** Minutes, hours, days of the month, months, days of the week. */
export function parseCron(expression: string): ParsedCron {
  const bad = (message: string): ParsedCron => ({ ok: false, message: `"${expression}": ${message}` })
  if (expression.trim().split(/\s+/).length !== 5) return bad('expected five fields: minute, hour, day of the month, month, day of the week')
  const { fields, errors } = validateDetailed(expression)
  if (fields === undefined) return bad(errors.map(({ field, message }) => `${field}: ${message}`).join('; '))
  const days = fields.dayOfMonth.filter((day) => typeof day === 'number')
  const weekdays = fields.dayOfWeek.filter((day) => typeof day === 'number')
  if (days.length < fields.dayOfMonth.length || weekdays.length < fields.dayOfWeek.length) return bad('expected days as numbers, names, ranges and lists')
  // Some take this as both, others as either; nobody should have to find out at night.
  if (days.length < DAYS_OF_MONTH && weekdays.length < DAYS_OF_WEEK) return bad('expected days of the month or days of the week, not both')
  return { ok: true, cron: { minutes: fields.minute, hours: fields.hour, days: new Set(days), months: new Set(fields.month), weekdays: new Set(weekdays) } }
}

/** The first instant after `after`; null: none within MAX_DAYS_AHEAD. */
export function nextOf(cron: Cron, tz: string, after: number): number | null {
  for (const instant of instantsFrom(cron, tz, after)) return instant
  return null
}

/** The instants after `after` and not after `until`. */
export function instantsBetween(cron: Cron, tz: string, after: number, until: number): number[] {
  const found: number[] = []
  for (const instant of instantsFrom(cron, tz, after)) {
    if (instant > until) break
    found.push(instant)
  }
  return found
}

/** The last instant after `after` and not after `until`; null: there is none between them. */
export function lastOf(cron: Cron, tz: string, after: number, until: number): number | null {
  // Clocks that are moved at midnight put what belongs to a day onto the one before or after.
  const first = utcOf(dayAfter(wallTimeOf(after, tz), -1))
  let last: number | null = null
  for (let day = dayAfter(wallTimeOf(until, tz), 1); utcOf(day) >= first; day = dayAfter(day, -1)) {
    const wasFound = last !== null
    for (const instant of isOn(cron, day) ? instantsOfDay(cron, tz, day) : []) {
      if (instant > (last ?? after) && instant <= until) last = instant
    }
    if (wasFound) break
  }
  return last
}

/** In their order, each once. Begins a day early: what clocks jump over may land on the day after its own. */
function* instantsFrom(cron: Cron, tz: string, after: number): Generator<number> {
  const first = dayAfter(wallTimeOf(after, tz), -1)
  let last = after
  for (let ahead = 0; ahead <= MAX_DAYS_AHEAD; ahead++) {
    const day = dayAfter(first, ahead)
    if (!isOn(cron, day)) continue
    for (const instant of instantsOfDay(cron, tz, day)) {
      if (instant > last) yield (last = instant)
    }
  }
}

function isOn({ days, months, weekdays }: Cron, day: WallTime): boolean {
  return months.has(day.month) && days.has(day.day) && weekdays.has(weekdayOf(day))
}

function instantsOfDay({ hours, minutes }: Cron, tz: string, day: WallTime): number[] {
  const offset = steadyOffsetMs(day, tz)
  const at = (wall: WallTime) => (offset === null ? instantOf(wall, tz) : utcOf(wall) - offset)
  const instants = hours.flatMap((hour) => minutes.map((minute) => at({ ...day, hour, minute })))
  return instants.sort((a, b) => a - b)
}
