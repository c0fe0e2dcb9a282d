/** Recurring times and time zones: whatever clocks do, every day has its instants, in order and none twice. */
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { instantsBetween, lastOf, nextOf, parseCron } from '../../../coordinator/engine/calendar/cron.ts'
import type { Cron } from '../../../coordinator/engine/calendar/cron.ts'
import { dayAfter, instantOf, parseTime, wallTimeOf } from '../../../coordinator/engine/calendar/zone.ts'

const DAY_MS = 86_400_000
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Sao_Paulo', 'Pacific/Apia', 'Africa/Casablanca']

const zone = fc.constantFrom(...ZONES)
/** 2012 to 2032: Casablanca moves its clocks four times in a year, Apia left out a day just before. */
const instant = fc.integer({ min: Date.parse('2012-01-10T00:00Z'), max: Date.parse('2032-01-01T00:00Z') })
const time = fc.record({ hour: fc.integer({ min: 0, max: 23 }), minute: fc.integer({ min: 0, max: 59 }) })

function cronOf(expression: string): Cron {
  const parsed = parseCron(expression)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.cron
}

describe('a time of every day', () => {
  test('comes exactly once on each day, and shows what was asked for unless clocks jumped over it', () => {
    fc.assert(fc.property(zone, instant, time, (tz, from, { hour, minute }) => {
      const first = dayAfter(wallTimeOf(from, tz), 1)
      const days = Array.from({ length: 200 }, (_, n) => ({ ...dayAfter(first, n), hour, minute }))
      const expected = days.map((day) => instantOf(day, tz))
      const found = instantsBetween(cronOf(`${minute} ${hour} * * *`), tz, expected[0]! - 1, expected.at(-1)!)
      expect(found).toEqual(expected)
      const shifted = found.filter((one, n) => JSON.stringify(wallTimeOf(one, tz)) !== JSON.stringify(days[n]))
      for (const shown of shifted.map((one) => wallTimeOf(one, tz))) expect(shown.hour * 60 + shown.minute).toBeGreaterThan(hour * 60 + minute)
      expect(shifted.length).toBeLessThanOrEqual(4)
    }), { numRuns: 10 })
  })
})

describe('any recurring time', () => {
  const field = (min: number, max: number) => fc.oneof(fc.constant('*'), fc.integer({ min, max }).map(String), fc.integer({ min: 7, max: 29 }).map((n) => `*/${n}`))
  const expression = fc.tuple(field(0, 59), field(0, 23), fc.constantFrom('*', '1', '15,28', '29-31'), fc.constantFrom('*', '3', '10-11')).map(
    ([minute, hour, day, month]) => `${minute} ${hour} ${day} ${month} *`,
  )

  test('grows, and is the same whichever way one goes through it', () => {
    fc.assert(fc.property(zone, instant, expression, fc.integer({ min: 0, max: 3 * DAY_MS }), (tz, from, text, cut) => {
      const cron = cronOf(text)
      const until = from + 3 * DAY_MS
      const found = instantsBetween(cron, tz, from, until)
      expect(found).toEqual([...new Set(found)].sort((a, b) => a - b))
      expect([...instantsBetween(cron, tz, from, from + cut), ...instantsBetween(cron, tz, from + cut, until)]).toEqual(found)
      const next = nextOf(cron, tz, from)
      expect(next !== null && next <= until ? next : undefined).toBe(found[0])
      expect(lastOf(cron, tz, from, until)).toBe(found.at(-1) ?? null)
      for (const one of found) expect(one).toBeGreaterThan(from)
    }), { numRuns: 40 })
  })

  test('asks for few times of a zone, also where it comes every minute for a month', () => {
    const asked = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts')
    const until = Date.parse('2026-07-31T10:00Z')
    expect(lastOf(cronOf('* * * * *'), 'Europe/Berlin', until - 31 * DAY_MS, until)).toBe(until)
    expect(instantsBetween(cronOf('* * * * *'), 'Europe/Berlin', until - 31 * DAY_MS, until)).toHaveLength(31 * 24 * 60)
    expect(asked.mock.calls.length).toBeLessThan(100)
    asked.mockRestore()
  })
})

describe('when clocks are moved', () => {
  const at = (text: string) => Date.parse(text)

  test('what they jump over comes an hour later, and what comes twice is taken the first time', () => {
    const half = cronOf('30 2 * * *')
    expect(nextOf(half, 'Europe/Berlin', at('2026-03-28T12:00Z'))).toBe(at('2026-03-29T01:30Z'))
    expect(nextOf(half, 'Europe/Berlin', at('2026-10-24T12:00Z'))).toBe(at('2026-10-25T00:30Z'))
    expect(nextOf(half, 'Europe/Berlin', at('2026-10-25T00:30Z'))).toBe(at('2026-10-26T01:30Z'))
  })

  test('a time that somebody writes is that of the clocks where he says', () => {
    expect(parseTime('2026-12-01 02:00', 'Europe/Berlin')).toBe(at('2026-12-01T01:00Z'))
    expect(parseTime('2026-07-01T02:00', 'Europe/Berlin')).toBe(at('2026-07-01T00:00Z'))
    expect(parseTime('2026-07-01T02:00-05:00', 'Europe/Berlin')).toBe(at('2026-07-01T07:00Z'))
    expect(parseTime('2026-07-01 02:00:30', 'Europe/Berlin')).toBe(at('2026-07-01T00:00:30Z'))
    expect(parseTime('2026-07-01T02:00:30Z', 'Europe/Berlin')).toBe(at('2026-07-01T02:00:30Z'))
    expect([parseTime('2026-02-30 02:00', 'UTC'), parseTime('2026-02-03 25:00', 'UTC'), parseTime('tomorrow', 'UTC')]).toEqual([null, null, null])
  })
})

describe('an expression', () => {
  test.each([
    ['0 2 * *', 'five fields'], ['* * * * * *', 'five fields'], ['61 * * * *', 'minute'], ['0 0 L * *', 'numbers'], ['0 0 1 * 1', 'not both'], ['0 0 * * 5#2', 'numbers'],
  ])('%s is refused', (text, why) => {
    expect(parseCron(text)).toEqual({ ok: false, message: expect.stringContaining(why) })
  })

  test('that never comes has no next', () => {
    expect(nextOf({ ...cronOf('0 0 29 2 *'), days: new Set([30]) }, 'UTC', 0)).toBeNull()
  })
})
