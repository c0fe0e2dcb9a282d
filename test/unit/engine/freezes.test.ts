/** Freeze windows: nobody begins in one unasked, what runs is held and goes on by itself, and the way back is open. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { control } from '../../../coordinator/engine/control.ts'
import { drive } from '../../../coordinator/engine/drive.ts'
import { addFreeze } from '../../../coordinator/engine/calendar/freeze.ts'
import { KNOWN_FOR_MS, openUntil } from '../../../coordinator/engine/calendar/open-freezes.ts'
import type { Freeze, Window } from '../../../coordinator/engine/ports/freezes.ts'
import { start } from '../../../coordinator/engine/start.ts'
import { utc } from '../../../shared/utc.ts'
import { setUp } from './bench.ts'
import type { Bench } from './bench.ts'

const HOUR_MS = 3_600_000
const ASKED = { service: 'web', release: '1' }

let bench: Bench
/** Of the hosts' sessions. */
const epochs = new Map<string, number>()

beforeAll(async () => {
  bench = await setUp()
  await bench.prepare()
  for (const host of ['h1', 'h2']) epochs.set(host, await bench.connect(host))
})

afterAll(() => bench.stop())

function freeze(window: Window, more: Partial<Freeze> = {}): Freeze {
  return { name: 'sale', window, services: null, hosts: null, reason: 'the sale', by: 'ann', createdAtMs: 0, ...more }
}

const forHours = (hours: number): Window => ({ kind: 'once', fromMs: bench.ports.clock(), toMs: bench.ports.clock() + hours * HOUR_MS })

async function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => 'not refused', (error: { problem: unknown }) => error.problem)
}

test('starting is refused with the name and the end, unless it is overridden with a reason, which is in the record', async () => {
  await bench.ports.freezes.add(freeze(forHours(2), { services: 'w*,db', hosts: 'h2' }))
  const untilMs = bench.ports.clock() + 2 * HOUR_MS
  expect(await refusal(start(bench.ports, ASKED, { actor: 'ann', reason: null }))).toEqual({
    code: 'frozen', field: 'service', message: `web is frozen by sale until ${utc(untilMs)}: the sale`,
    expected: 'the end of sale; or --override-freeze with a --reason',
  })
  expect(await refusal(start(bench.ports, ASKED, { actor: 'ann', reason: ' ', overrideFreeze: true }))).toMatchObject({ code: 'body_invalid', field: 'reason' })
  const elsewhere = await start(bench.ports, { ...ASKED, hosts: 'h1' }, { actor: 'ann', reason: null })
  await drive(bench.ports, elsewhere.id)
  expect((await bench.rollout(elsewhere.id)).phase).toBe('running')
  await control(bench.ports, elsewhere.id, [{ type: 'AbortRequested', by: 'ann', reason: null }])
  await drive(bench.ports, elsewhere.id)

  const { id } = await start(bench.ports, ASKED, { actor: 'ann', reason: 'the login is broken', overrideFreeze: true })
  await drive(bench.ports, id)
  expect(await bench.rollout(id)).toMatchObject({ phase: 'running', freezeOverriddenBy: 'ann' })
  const { entries } = await bench.audit.page({ actor: 'ann', verb: 'freeze.override', target: null, sinceMs: null, limit: 10, cursor: null })
  expect(entries).toEqual([expect.objectContaining({ targets: ['freeze/sale', `rollout/${id}`, 'service/web'], reason: 'the login is broken' })])
  await control(bench.ports, id, [{ type: 'AbortRequested', by: 'ann', reason: null }])
  await drive(bench.ports, id)
  await bench.ports.freezes.remove('sale')
})

test('what runs is held when a freeze begins, goes on at its end, and may be rolled back in between', async () => {
  const id = await bench.start('1', { concurrency: 1, order: 'as-listed' })
  await bench.deploy(id, 'h1')
  await bench.ports.freezes.add(freeze(forHours(1)))
  bench.pass(KNOWN_FOR_MS)
  await drive(bench.ports, id)
  expect(await bench.rollout(id)).toMatchObject({ phase: 'paused', hold: { kind: 'freeze', freeze: 'sale' } })
  expect((await bench.task(id, 'h2')).state).toBe('withdrawn')
  bench.pass(HOUR_MS)
  for (const [host, epoch] of epochs) await bench.beat(host, epoch)
  await drive(bench.ports, id)
  expect((await bench.rollout(id)).phase).toBe('running')
  expect((await bench.task(id, 'h2')).state).toBe('sent')

  await bench.ports.freezes.remove('sale')
  await bench.ports.freezes.add(freeze(forHours(1)))
  bench.pass(KNOWN_FOR_MS)
  await drive(bench.ports, id)
  expect((await bench.rollout(id)).phase).toBe('paused')
  await control(bench.ports, id, [{ type: 'RollbackRequested', wave: null, by: 'ann', reason: null }])
  await drive(bench.ports, id)
  await bench.deploy(id, 'h1')
  expect((await bench.rollout(id)).phase).toBe('rolled-back')
  await bench.ports.freezes.remove('sale')
})

test('one that is taken away before its end lets go at once', async () => {
  await bench.ports.freezes.add(freeze(forHours(5)))
  const { id } = await start(bench.ports, ASKED, { actor: 'ann', reason: 'r', overrideFreeze: true })
  await control(bench.ports, id, [{ type: 'AbortRequested', by: 'ann', reason: null }])
  await bench.ports.freezes.remove('sale')
  const other = await bench.start('1', {})
  await bench.ports.freezes.add(freeze(forHours(5)))
  bench.pass(KNOWN_FOR_MS)
  await drive(bench.ports, other)
  expect((await bench.rollout(other)).phase).toBe('paused')
  await bench.ports.freezes.remove('sale')
  bench.pass(KNOWN_FOR_MS)
  await drive(bench.ports, other)
  expect((await bench.rollout(other)).phase).toBe('running')
})

test('a recurring one is open from each of its beginnings for as long as it says, in its own time zone', () => {
  const weekend = freeze({ kind: 'recurring', cron: '0 18 * * 5', tz: 'Europe/Berlin', forMs: 62 * HOUR_MS })
  // Friday 18:00 in Berlin; on the Sunday in between clocks go back an hour.
  const friday = Date.parse('2026-10-23T16:00:00Z')
  expect(openUntil(weekend, friday - 1)).toBeNull()
  expect(openUntil(weekend, friday)).toBe(friday + 62 * HOUR_MS)
  expect(openUntil(weekend, friday + 62 * HOUR_MS - 1)).toBe(friday + 62 * HOUR_MS)
  expect(openUntil(weekend, friday + 62 * HOUR_MS)).toBeNull()
})

test('a year below 1000 is a slip of the hand, and not a time long ago', async () => {
  const wrong = addFreeze(bench.ports, { name: 'slip', from: '0026-12-24 00:00', to: '2026-12-27 00:00', tz: 'UTC', reason: 'nobody is there' }, 'ann')
  expect(await refusal(wrong)).toEqual({
    code: 'time_invalid', field: 'from', message: 'from: "0026-12-24 00:00" lies before the year 1000', expected: 'a year such as 2026',
  })
})
