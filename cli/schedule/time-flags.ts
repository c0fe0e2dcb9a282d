/** Flags that say when, and in which time zone: that of this machine where nothing else is said. */
import type { Command } from 'commander'
import { formatDuration } from '../../shared/duration.ts'
import type { ScheduleView } from '../../shared/api/schedule.ts'
import { dateAndTime } from '../text/clock.ts'

export type ZoneFlag = { tz?: string }

export function withZone(command: Command): Command {
  return command.option('--tz <zone>', 'time zone of the times given, such as Europe/Berlin (default: that of this machine)')
}

export function zoneOf({ tz }: ZoneFlag): string {
  return tz ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** `2026-12-01 02:00:00 (in 9d 3h)`, in local time. */
export function timeToCome(atMs: number, nowMs: number): string {
  return `${dateAndTime(atMs)} (in ${formatDuration(Math.max(0, atMs - nowMs))})`
}

/** `0 2 * * 1-5 Europe/Berlin`, or the time. */
export function whenOf({ when }: ScheduleView): string {
  return when.kind === 'once' ? dateAndTime(when.atMs) : `${when.cron} ${when.tz}`
}

export function nextOf({ nextAtMs, pausedBy }: ScheduleView, nowMs: number): string {
  if (pausedBy !== null) return `paused by ${pausedBy}`
  return nextAtMs === null ? 'never again' : timeToCome(nextAtMs, nowMs)
}
