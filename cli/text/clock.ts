/** Instants as people read them, in local time. */
import { formatDuration } from '../../shared/duration.ts'

const two = (n: number) => String(n).padStart(2, '0')

/** `12:03:04` */
export function timeOfDay(atMs: number): string {
  const at = new Date(atMs)
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** `2026-03-01 12:03:04` */
export function dateAndTime(atMs: number): string {
  const at = new Date(atMs)
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${timeOfDay(atMs)}`
}

/** `3m 20s ago` */
export function ago(atMs: number, nowMs: number): string {
  return `${formatDuration(nowMs - atMs)} ago`
}
