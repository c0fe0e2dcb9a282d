/** Schedules as people make and change them. What happens when one falls due is in firing.ts. */
import { problem } from '../../../shared/errors.ts'
import { NAME_PATTERN } from '../../../shared/ids.ts'
import { utc } from '../../../shared/utc.ts'
import { plan } from '../planning.ts'
import type { Ports } from '../ports/ports.ts'
import type { Schedule, When } from '../ports/schedules.ts'
import { nextOf, parseCron } from './cron.ts'
import { cronIn, timeIn, zoneOf } from './time-fields.ts'

/** What stands for the release that is the latest when the schedule falls due. */
export const LATEST = 'latest'
/** Changes of a schedule that may be refused in a row because it falls due in between. */
export const MAX_CONFLICTS = 20

/** Either `at` or `cron`. */
export type ScheduleRequest = {
  name?: string | undefined
  service: string
  release: string
  hosts?: string | undefined
  strategy?: Record<string, unknown> | undefined
  reason?: string | undefined
} & TimeRequest
export type TimeRequest = { at?: string | undefined; cron?: string | undefined; tz: string }

/** @throws MusterError body_invalid, time_invalid, schedule_exists, and as planning the rollout does now */
export async function addSchedule(ports: Ports, request: ScheduleRequest, by: string): Promise<Schedule> {
  const now = ports.clock()
  const when = whenOf(request, now)
  const { service, release, hosts, strategy = {}, reason = null } = request
  await plan(ports, { service, release: await releaseOf(ports, request), hosts, strategy })
  const schedule: Schedule = {
    name: nameOf(request, when), version: 1, service, release, hosts: hosts ?? null, strategy, reason, by, createdAtMs: now, when,
    pausedBy: null, nextAtMs: nextAtMs(when, now), firings: [],
  }
  const added = await ports.schedules.add(schedule)
  if (added === 'exists') {
    throw problem('schedule_exists', `there is a schedule ${schedule.name} already`, { field: 'name', expected: 'another name, or that one removed first' })
  }
  if (added === 'full') throw problem('unavailable', 'there are as many schedules as there may be; muster schedule remove NAME makes room')
  if (schedule.nextAtMs !== null) await ports.wakeups.fireAt(schedule.name, schedule.nextAtMs)
  return schedule
}

/** A paused one lets its instants pass. @throws MusterError schedule_unknown, control_refused */
export async function pauseSchedule(ports: Ports, name: string, by: string): Promise<Schedule> {
  return change(ports, name, (schedule) => {
    if (schedule.pausedBy !== null) throw problem('control_refused', `${name} is paused already, by ${schedule.pausedBy}`)
    return { ...schedule, pausedBy: by, nextAtMs: null }
  })
}

/** @throws MusterError schedule_unknown, control_refused */
export async function resumeSchedule(ports: Ports, name: string): Promise<Schedule> {
  const resumed = await change(ports, name, (schedule) => {
    if (schedule.pausedBy === null) throw problem('control_refused', `${name} is not paused`)
    const next = nextAtMs(schedule.when, ports.clock())
    if (schedule.when.kind === 'once' && next === null) throw timeIsOver(name, schedule.when.atMs)
    return { ...schedule, pausedBy: null, nextAtMs: next }
  })
  if (resumed.nextAtMs !== null) await ports.wakeups.fireAt(name, resumed.nextAtMs)
  return resumed
}

/** @throws MusterError schedule_unknown */
export async function knownSchedule(ports: Ports, name: string): Promise<Schedule> {
  const schedule = await ports.schedules.get(name)
  if (schedule !== null) return schedule
  throw problem('schedule_unknown', `there is no schedule ${name}`, { field: 'name', expected: 'a name that `muster schedule list` shows' })
}

/** Null: no further instant. */
export function nextAtMs(when: When, after: number): number | null {
  if (when.kind === 'once') return when.atMs > after ? when.atMs : null
  const parsed = parseCron(when.cron)
  return parsed.ok ? nextOf(parsed.cron, when.tz, after) : null
}

/** The version that is meant; where a service has none, planning says so. */
export async function releaseOf(ports: Ports, { service, release }: Pick<Schedule, 'service' | 'release'>): Promise<string> {
  return release === LATEST ? ((await ports.catalogue.releases(service))[0]?.version ?? LATEST) : release
}

function whenOf({ at, cron, tz }: TimeRequest, now: number): When {
  if ((at === undefined) === (cron === undefined)) {
    throw problem('body_invalid', 'expected either a time or a recurring one', { field: 'at', expected: 'at or cron' })
  }
  if (cron !== undefined) return { kind: 'recurring', cron: cronIn(cron), tz: zoneOf(tz) }
  const atMs = timeIn(at ?? '', tz, 'at')
  if (atMs > now) return { kind: 'once', atMs, tz }
  throw problem('time_invalid', `at: ${new Date(atMs).toISOString()} is over`, { field: 'at', expected: 'a time to come' })
}

function timeIsOver(name: string, atMs: number) {
  return problem('control_refused', `the time of ${name}, ${utc(atMs)}, is over`, {
    expected: `muster schedule add, with a time to come, or muster rollout start, now; muster schedule remove ${name} forgets this one`,
  })
}

/** `web-20261201-0100`, in UTC, where nobody has given it a name. */
function nameOf({ name, service }: ScheduleRequest, when: When): string {
  if (name === undefined && when.kind === 'recurring') {
    throw problem('body_invalid', 'a recurring schedule needs a name', { field: 'name', expected: 'such as nightly' })
  }
  const given = name ?? `${service}-${new Date(when.kind === 'once' ? when.atMs : 0).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-')}`
  if (NAME_PATTERN.test(given)) return given
  throw problem('body_invalid', `"${given}" is not a name`, { field: 'name', expected: 'lower-case letters, digits, dots and dashes, at most 63' })
}

async function change(ports: Ports, name: string, to: (schedule: Schedule) => Schedule): Promise<Schedule> {
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
    const schedule = await knownSchedule(ports, name)
    const next = { ...to(schedule), version: schedule.version + 1 }
    if (await ports.schedules.replace(next)) return next
  }
  throw problem('unavailable', `${name} is too busy right now; try again`)
}
