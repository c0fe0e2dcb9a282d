/** Times in requests, field by field: what people write, or a refusal that says what would be right. */
import { problem } from '../../../shared/errors.ts'
import { parseCron } from './cron.ts'
import { isZone, parseTime } from './zone.ts'

/** @throws MusterError time_invalid */
export function timeIn(text: string, tz: string, field: string): number {
  const atMs = parseTime(text, zoneOf(tz))
  if (atMs !== null) return atMs
  if (/^\s*0\d{3}-/.test(text)) throw problem('time_invalid', `${field}: "${text}" lies before the year 1000`, { field, expected: 'a year such as 2026' })
  throw problem('time_invalid', `${field}: "${text}" is no time`, { field, expected: 'such as 2026-12-01 02:00, or with an offset 2026-12-01T02:00+01:00' })
}

/** @throws MusterError time_invalid */
export function cronIn(text: string): string {
  const parsed = parseCron(text)
  if (parsed.ok) return text
  throw problem('time_invalid', `cron: ${parsed.message}`, { field: 'cron', expected: 'such as 0 2 * * 1-5, every working day at 02:00' })
}

/** @throws MusterError time_invalid */
export function zoneOf(tz: string): string {
  if (isZone(tz)) return tz
  throw problem('time_invalid', `tz: "${tz}" is no time zone`, { field: 'tz', expected: 'a name such as Europe/Berlin, or UTC' })
}
