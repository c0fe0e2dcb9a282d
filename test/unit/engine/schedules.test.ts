/** Rollouts that begin at a time: once each, however many coordinators look, also late, and with an answer where they could not. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fire, GRACE_MS, sweepSchedules } from '../../../coordinator/engine/calendar/firing.ts'
import { addSchedule, pauseSchedule, resumeSchedule } from '../../../coordinator/engine/calendar/schedule.ts'
import type { ScheduleRequest } from '../../../coordinator/engine/calendar/schedule.ts'
import { setUp } from './bench.ts'
import type { Bench } from './bench.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** The clock of the bench begins at 00:16:40 on the first day. */
const NIGHTLY: ScheduleRequest = { name: 'nightly', service: 'web', release: 'latest', cron: '0 2 * * *', tz: 'UTC', strategy: { onBusy: 'refuse' } }

let bench: Bench

beforeEach(async () => {
  bench = await setUp()
  await bench.prepare({}, ['1', '2'])
  await bench.connect('h1')
})

afterEach(() => bench.stop())

const nightly = async () => (await bench.ports.schedules.get('nightly'))!

async function rollouts(): Promise<string[]> {
  return (await bench.ports.rollouts.list({ service: 'web', cursor: null, limit: 100 })).rollouts.map(({ id }) => id)
}

async function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => 'not refused', (error: { problem: unknown }) => error.problem)
}

test('an instant begins one rollout, of the release that is the latest then, however many look at once', async () => {
  await addSchedule(bench.ports, NIGHTLY, 'ann')
  expect((await nightly()).nextAtMs).toBe(2 * HOUR_MS)
  await fire(bench.ports, 'nightly')
  expect(await rollouts()).toEqual([])
  bench.pass(2 * HOUR_MS - bench.ports.clock())
  await Promise.all(Array.from({ length: 8 }, () => fire(bench.ports, 'nightly')))
  const [id, ...others] = await rollouts()
  expect(others).toEqual([])
  expect(await bench.rollout(id!)).toMatchObject({ release: '2', actor: 'muster', reason: 'schedule nightly of ann' })
  expect(await nightly()).toMatchObject({ nextAtMs: 2 * HOUR_MS + DAY_MS, firings: [{ dueAtMs: 2 * HOUR_MS, outcome: 'started', rollout: id }] })
})

test('one that falls due while the service is busy or frozen says so, in its record and in the audit', async () => {
  await addSchedule(bench.ports, NIGHTLY, 'ann')
  const busy = await bench.start('1', {})
  bench.pass(2 * HOUR_MS - bench.ports.clock())
  await fire(bench.ports, 'nightly')
  expect((await nightly()).firings[0]).toMatchObject({ outcome: 'refused', rollout: null, message: expect.stringContaining(busy) })
  await bench.ports.freezes.add({
    name: 'sale', window: { kind: 'once', fromMs: 0, toMs: 10 * DAY_MS }, services: null, hosts: null, reason: 'sale', by: 'ann', createdAtMs: 0,
  })
  bench.pass(DAY_MS)
  await fire(bench.ports, 'nightly')
  expect((await nightly()).firings[0]).toMatchObject({ outcome: 'refused', message: expect.stringContaining('frozen by sale') })
  const { entries } = await bench.audit.page({ actor: 'muster', verb: 'schedule.fire', target: null, sinceMs: null, limit: 10, cursor: null })
  expect(entries.map(({ outcome, code }) => [outcome, code])).toEqual([['refused', 'frozen'], ['refused', 'service_busy']])
})

test('what nobody saw in time is run late within the grace, and is otherwise missed', async () => {
  await addSchedule(bench.ports, NIGHTLY, 'ann')
  bench.pass(2 * HOUR_MS - bench.ports.clock() + 2 * DAY_MS + GRACE_MS)
  await sweepSchedules(bench.ports)
  expect((await nightly()).firings).toMatchObject([
    { dueAtMs: 2 * HOUR_MS + 2 * DAY_MS, outcome: 'started' }, { dueAtMs: 2 * HOUR_MS + DAY_MS, outcome: 'missed', message: 'and 1 before it' },
  ])
  bench.pass(DAY_MS + 1)
  await sweepSchedules(bench.ports)
  expect((await nightly()).firings[0]).toMatchObject({ dueAtMs: 2 * HOUR_MS + 3 * DAY_MS, outcome: 'missed', message: null })
  expect(await rollouts()).toHaveLength(1)
})

test('an instant that a coordinator died over is begun by another, once', async () => {
  await addSchedule(bench.ports, NIGHTLY, 'ann')
  bench.pass(2 * HOUR_MS - bench.ports.clock())
  const dying = { ...bench.ports, hosts: { ...bench.ports.hosts, all: () => Promise.reject(new Error('killed')) } }
  await expect(fire(dying, 'nightly')).rejects.toThrow('killed')
  expect((await nightly()).firings[0]?.outcome).toBe('begun')
  await sweepSchedules(bench.ports)
  expect(await rollouts()).toEqual([])
  bench.pass(GRACE_MS / 2)
  await sweepSchedules(bench.ports)
  await sweepSchedules(bench.ports)
  expect(await rollouts()).toEqual([(await nightly()).firings[0]?.rollout])
})

test('one that died after it had begun the rollout is not begun again', async () => {
  await addSchedule(bench.ports, NIGHTLY, 'ann')
  bench.pass(2 * HOUR_MS - bench.ports.clock())
  const dying = { ...bench.ports, wakeups: { ...bench.ports.wakeups, enqueue: () => Promise.reject(new Error('killed')) } }
  await expect(fire(dying, 'nightly')).rejects.toThrow('killed')
  bench.pass(GRACE_MS / 2)
  await sweepSchedules(bench.ports)
  expect((await nightly()).firings[0]?.outcome).toBe('started')
  expect(await rollouts()).toHaveLength(1)
})

test('once is once; while it is paused its instants pass', async () => {
  const { name } = await addSchedule(bench.ports, { service: 'web', release: '1', at: '1970-01-01 02:00', tz: 'Europe/Berlin' }, 'ann')
  expect(name).toBe('web-19700101-0100')
  await addSchedule(bench.ports, NIGHTLY, 'ann')
  await pauseSchedule(bench.ports, 'nightly', 'bob')
  bench.pass(3 * HOUR_MS)
  await sweepSchedules(bench.ports)
  expect((await bench.ports.schedules.get(name))).toMatchObject({ nextAtMs: null, firings: [{ outcome: 'missed' }] })
  expect(await nightly()).toMatchObject({ pausedBy: 'bob', firings: [] })
  expect(await resumeSchedule(bench.ports, 'nightly')).toMatchObject({ pausedBy: null, nextAtMs: 2 * HOUR_MS + DAY_MS })
})

test('one whose only time has passed while it was paused is not resumed: what to do instead is said', async () => {
  await addSchedule(bench.ports, { name: 'launch', service: 'web', release: '1', at: '1970-01-01 02:00', tz: 'UTC' }, 'ann')
  await pauseSchedule(bench.ports, 'launch', 'bob')
  bench.pass(HOUR_MS)
  await resumeSchedule(bench.ports, 'launch')
  await pauseSchedule(bench.ports, 'launch', 'bob')
  bench.pass(HOUR_MS)
  expect(await refusal(resumeSchedule(bench.ports, 'launch'))).toMatchObject({
    code: 'control_refused', message: 'the time of launch, 1970-01-01 02:00 UTC, is over', expected: expect.stringContaining('muster schedule remove launch'),
  })
  expect(await bench.ports.schedules.get('launch')).toMatchObject({ pausedBy: 'bob', nextAtMs: null })
})

test.each([
  [{ at: undefined, cron: undefined }, 'body_invalid', 'at'], [{ at: '1970-01-01 00:00', cron: undefined }, 'time_invalid', 'at'],
  [{ at: 'tomorrow', cron: undefined }, 'time_invalid', 'at'], [{ at: '0126-12-01 02:00', cron: undefined }, 'time_invalid', 'at'], [{ cron: '61 * * * *' }, 'time_invalid', 'cron'],
  [{ tz: 'Mars/Olympus' }, 'time_invalid', 'tz'], [{ release: '9' }, 'release_unknown', 'release'], [{ service: 'db' }, 'service_unknown', 'service'],
  [{ name: undefined }, 'body_invalid', 'name'], [{ strategy: { waves: 'x' } }, 'strategy_invalid', 'strategy.waves'],
])('%o is refused with the field', async (wrong, code, field) => {
  expect(await refusal(addSchedule(bench.ports, { ...NIGHTLY, ...wrong }, 'ann'))).toMatchObject({ code, field })
  expect(await bench.ports.schedules.all()).toEqual([])
})
