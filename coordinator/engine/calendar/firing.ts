/**
 * What happens when a schedule falls due. Owns that an instant begins one rollout at most, over all coordinators: it is taken by a compare-and-set that
 * names the rollout, and only then begun. An instant that nobody has seen in time is run late, or recorded as missed.
 */
import { MusterError } from '../../../shared/errors.ts'
import { rolloutId } from '../../../shared/ids.ts'
import { SYSTEM_ACTOR, systemEntry } from '../ports/audit.ts'
import type { Ports } from '../ports/ports.ts'
import { MAX_FIRINGS } from '../ports/schedules.ts'
import type { Firing, Schedule } from '../ports/schedules.ts'
import { start } from '../start.ts'
import { instantsBetween, parseCron } from './cron.ts'
import { MAX_CONFLICTS, nextAtMs, releaseOf } from './schedule.ts'

/** How late an instant may be run; beyond it, it is missed. */
export const GRACE_MS = 15 * 60_000
/** A coordinator that has taken an instant and said nothing for this long has died over it. */
export const BEGUN_FOR_MS = 120_000

/** Does nothing unless it is due; any number of coordinators may call it at once. */
export async function fire(ports: Ports, name: string): Promise<void> {
  const schedule = await ports.schedules.get(name).catch((error: unknown) => recordTampered(ports, name, error))
  const now = ports.clock()
  if (schedule === null || schedule.nextAtMs === null || schedule.nextAtMs > now) return
  const due = dueUntil(schedule, schedule.nextAtMs, now)
  const last = due.at(-1) ?? schedule.nextAtMs
  const isLate = now - last > GRACE_MS
  const missed = isLate ? due : due.slice(0, -1)
  const firings: Firing[] = missed.length === 0 ? [] : [missedFiring(missed, now)]
  if (!isLate) firings.unshift({ dueAtMs: last, atMs: now, outcome: 'begun', rollout: await reserve(ports, schedule), message: null })
  const next = nextAtMs(schedule.when, now)
  const taken = { ...schedule, version: schedule.version + 1, nextAtMs: next, firings: [...firings, ...schedule.firings].slice(0, MAX_FIRINGS) }
  if (!(await ports.schedules.replace(taken))) return
  if (next !== null) await ports.wakeups.fireAt(name, next)
  if (missed.length > 0) await tell(ports, schedule, missedFiring(missed, now), null)
  const begun = taken.firings[0]
  if (begun?.outcome === 'begun') await begin(ports, taken, begun)
}

/** It begins nothing, and that is in the record, once a day. */
async function recordTampered(ports: Ports, name: string, error: unknown): Promise<null> {
  if (!(error instanceof MusterError) || error.problem.code !== 'tampered') throw error
  const { code, message } = error.problem
  const entry = systemEntry({ atMs: ports.clock(), verb: 'schedule.fire', targets: [`schedule/${name}`], reason: message })
  await ports.audit.record({ ...entry, code, outcome: 'refused' }, `schedule/${name}/tampered`)
  return null
}

/** Instants whose job was lost, and those that a coordinator has died over. */
export async function sweepSchedules(ports: Ports): Promise<void> {
  const now = ports.clock()
  for (const schedule of await ports.schedules.all()) {
    try {
      await fire(ports, schedule.name)
      const orphan = schedule.firings.find(({ outcome, atMs }) => outcome === 'begun' && now - atMs > BEGUN_FOR_MS)
      if (orphan !== undefined) await resumeFiring(ports, schedule, orphan, now)
    } catch (error) {
      ports.log.error({ schedule: schedule.name, err: error }, 'a schedule cannot be looked at; the next sweep tries again')
    }
  }
}

async function resumeFiring(ports: Ports, schedule: Schedule, orphan: Firing, now: number): Promise<void> {
  const exists = orphan.rollout !== null && (await ports.rollouts.load(orphan.rollout)) !== null
  if (exists) return settle(ports, schedule, orphan, { outcome: 'started', message: null })
  if (now - orphan.dueAtMs > GRACE_MS) return settle(ports, schedule, orphan, { outcome: 'missed', message: 'whoever began it died', rollout: null })
  const again = { ...orphan, atMs: now, rollout: await reserve(ports, schedule) }
  if (await replaceFiring(ports, schedule.name, orphan, again)) await begin(ports, schedule, again)
}

async function begin(ports: Ports, schedule: Schedule, firing: Firing): Promise<void> {
  const { name, service, hosts, strategy, by, reason } = schedule
  try {
    const release = await releaseOf(ports, schedule)
    const why = `schedule ${name} of ${by}${reason === null ? '' : `: ${reason}`}`
    await start(ports, { service, release, hosts: hosts ?? undefined, strategy }, { actor: SYSTEM_ACTOR, reason: why }, firing.rollout)
    await settle(ports, schedule, firing, { outcome: 'started', message: null })
  } catch (error) {
    if (!(error instanceof MusterError) || error.kind === 'unavailable') throw error
    await settle(ports, schedule, firing, { outcome: 'refused', message: error.problem.message, rollout: null }, error.problem.code)
  }
}

async function reserve(ports: Ports, { service }: Schedule): Promise<string> {
  return rolloutId(service, await ports.rollouts.nextSequence(service))
}

/** The instants from the first that is due until now. */
function dueUntil({ when }: Schedule, first: number, now: number): number[] {
  if (when.kind === 'once') return [first]
  const parsed = parseCron(when.cron)
  return parsed.ok ? instantsBetween(parsed.cron, when.tz, first - 1, now) : [first]
}

function missedFiring(missed: readonly number[], now: number): Firing {
  const message = missed.length === 1 ? null : `and ${missed.length - 1} before it`
  return { dueAtMs: missed.at(-1) ?? now, atMs: now, outcome: 'missed', rollout: null, message }
}

async function settle(ports: Ports, schedule: Schedule, firing: Firing, how: Partial<Firing>, code: string | null = null): Promise<void> {
  const settled = { ...firing, ...how }
  if (await replaceFiring(ports, schedule.name, firing, settled)) await tell(ports, schedule, settled, code)
}

async function replaceFiring(ports: Ports, name: string, firing: Firing, by: Firing): Promise<boolean> {
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
    const schedule = await ports.schedules.get(name)
    const place = schedule?.firings.findIndex((one) => one.outcome === 'begun' && one.rollout === firing.rollout) ?? -1
    if (schedule === null || place < 0) return false
    if (await ports.schedules.replace({ ...schedule, version: schedule.version + 1, firings: schedule.firings.with(place, by) })) return true
  }
  return false
}

async function tell(ports: Ports, { name, service }: Schedule, { dueAtMs, outcome, rollout, message }: Firing, code: string | null): Promise<void> {
  const due = new Date(dueAtMs).toISOString()
  const entry = systemEntry({
    atMs: ports.clock(), verb: 'schedule.fire', targets: [`schedule/${name}`, `service/${service}`, ...(rollout === null ? [] : [`rollout/${rollout}`])],
    reason: `due ${due}: ${outcome}${message === null ? '' : `, ${message}`}`,
  })
  await ports.audit.record({ ...entry, code, outcome: outcome === 'started' ? 'done' : 'refused' }, `schedule/${name}@${dueAtMs}/${outcome}`)
}
