/** Schedules and freeze windows on the command line: what is asked for, and what is said about it. */
import { expect, test } from 'vitest'
import type { FreezeView } from '../../../shared/api/freeze.ts'
import type { ScheduleView } from '../../../shared/api/schedule.ts'
import { cannedApi, refuse } from './canned-api.ts'
import { NOON_MS } from './fixtures.ts'
import { muster } from './muster.ts'

const schedule = (given: Partial<ScheduleView> = {}): ScheduleView => ({
  name: 'nightly', service: 'web', release: 'latest', hosts: null, strategy: {}, reason: null, by: 'ann', createdAtMs: NOON_MS,
  when: { kind: 'recurring', cron: '0 2 * * 1-5', tz: 'Europe/Berlin' }, pausedBy: null, nextAtMs: NOON_MS + 3_720_000, firings: [], ...given,
})
const freeze: FreezeView = {
  name: 'weekend', window: { kind: 'recurring', cron: '0 18 * * 5', tz: 'UTC', forMs: 1 }, openUntilMs: null, nextAtMs: NOON_MS + 3_720_000,
  services: null, hosts: 'env=prod', reason: 'nobody is there', by: 'ann', createdAtMs: NOON_MS,
}

const bodyOf = (asked: { body: Buffer } | undefined) => JSON.parse(String(asked?.body)) as unknown

test('schedule add sends the time and its zone, and says when it begins', async () => {
  await using api = await cannedApi({ 'POST /v1/schedules': schedule() })
  const argv = ['schedule', 'add', 'nightly', 'web@latest', '--cron', '0 2 * * 1-5', '--tz', 'Europe/Berlin', '--on-busy', 'queue', '--reason', 'tests']
  const { code, stdout } = await muster(argv, { url: api.url })
  expect([code, stdout]).toEqual([0, 'nightly: web latest begins 2026-03-01 13:02:00 (in 1h 0m)\nlook at it: muster schedule show nightly\n'])
  expect(bodyOf(api.asked[0])).toEqual({
    name: 'nightly', service: 'web', release: 'latest', cron: '0 2 * * 1-5', tz: 'Europe/Berlin', strategy: { onBusy: 'queue' }, reason: 'tests',
  })
})

test('rollout start --at is a schedule, and a bad time is said in the words of the flag', async () => {
  await using api = await cannedApi({
    'POST /v1/schedules': (_request, response) => refuse(response, 400, { code: 'time_invalid', message: 'at: "soon" is no time', field: 'at' }),
  })
  const { code, stderr } = await muster(['rollout', 'start', 'web@1.4.2', '--at', 'soon', '--tz', 'UTC'], { url: api.url })
  expect([code, stderr]).toEqual([2, expect.stringMatching(/field: +--at/)])
  expect(bodyOf(api.asked[0])).toEqual({ service: 'web', release: '1.4.2', at: 'soon', tz: 'UTC' })
})

test('schedule show says what became of its instants', async () => {
  const firings = [
    { dueAtMs: NOON_MS, atMs: NOON_MS, outcome: 'refused' as const, rollout: null, message: 'web is frozen' },
    { dueAtMs: NOON_MS - 86_400_000, atMs: NOON_MS, outcome: 'started' as const, rollout: 'web-7', message: null },
  ]
  await using api = await cannedApi({ 'GET /v1/schedules/nightly': schedule({ firings, pausedBy: 'bob', nextAtMs: null }) })
  expect((await muster('schedule show nightly', { url: api.url })).stdout).toBe([
    'schedule  nightly', 'release   web@latest', 'when      0 2 * * 1-5 Europe/Berlin', 'next      paused by bob', 'by        ann', '',
    'DUE                  OUTCOME  ROLLOUT  WHY', '2026-03-01 12:00:00  refused           web is frozen', '2026-02-28 12:00:00  started  web-7', '',
  ].join('\n'))
})

test('schedule remove and pause carry the reason', async () => {
  await using api = await cannedApi({ 'DELETE /v1/schedules/nightly': schedule(), 'POST /v1/schedules/nightly/pause': schedule({ pausedBy: 'alice', nextAtMs: null }) })
  expect((await muster('schedule remove nightly --reason over', { url: api.url })).stdout).toBe('nightly is removed\n')
  expect((await muster('schedule pause nightly', { url: api.url })).stdout).toBe('nightly: paused by alice\n')
  expect(api.asked.map(({ query }) => query)).toEqual([{ reason: 'over' }, {}])
})

test('freeze add and list', async () => {
  await using api = await cannedApi({ 'POST /v1/freezes': freeze, 'GET /v1/freezes': { freezes: [freeze, { ...freeze, openUntilMs: NOON_MS }], next: null } })
  const argv = ['freeze', 'add', 'weekend', '--cron', '0 18 * * 5', '--for', '62h', '--tz', 'UTC', '--hosts', 'env=prod', '--service', 'web', '--reason', 'nobody is there']
  expect((await muster(argv, { url: api.url })).stdout).toBe('weekend: opens 2026-03-01 13:02:00 (in 1h 0m)\n')
  expect(bodyOf(api.asked[0])).toEqual({
    name: 'weekend', cron: '0 18 * * 5', for: '62h', tz: 'UTC', hosts: 'env=prod', services: 'web', reason: 'nobody is there',
  })
  const { stdout } = await muster('freeze list', { url: api.url })
  expect(stdout.split('\n')[1]).toMatch(/^weekend +opens 2026-03-01 13:02:00 \(in 1h 0m\) +\* +env=prod +ann +nobody is there$/)
  expect(stdout.split('\n')[2]).toMatch(/^weekend +open until 2026-03-01 12:00:00 /)
})

test('a freeze without a reason is not asked for', async () => {
  const { code, stderr } = await muster(['freeze', 'add', 'x', '--from', '2026-12-24 00:00', '--to', '2026-12-27 00:00'], { url: 'http://127.0.0.1:1' })
  expect([code, stderr]).toEqual([2, expect.stringContaining('--reason')])
})
