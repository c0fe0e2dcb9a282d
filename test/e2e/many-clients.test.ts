/**
 * Ten clients at once with conflicting wishes for one rollout: each gets one clear answer, what was granted is noted once, in an order
 * in which it can have been granted, and what was refused is in the record alone. MUSTER_SEED repeats a run's choices.
 */
import { randomInt } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import type { AuditPageView } from '../../shared/api/audit.ts'
import type { ProblemBody } from '../../shared/api/problem.ts'
import type { RolloutView } from '../../shared/api/rollout.ts'
import { Random } from '../sim/random.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { begunTwice, hostsOf, mostAtOnce } from './fleet/fleet-ledger.ts'
import { Hand } from './fleet/hand.ts'
import type { Control } from './fleet/hand.ts'
import { until } from './fleet/until.ts'
import { MarkerService } from './marker-service.ts'
import { untilFile } from './web-service.ts'

const CLIENTS = 10
/** A rollout keeps its latest 50 notes. */
const CONTROLS_EACH = 5
const WINDOW = 2

const seed = Number(process.env['MUSTER_SEED'] ?? randomInt(2 ** 31))
const clients = Array.from({ length: CLIENTS }, (_, index) => `client-${index}`)

stopFleetsAfterwards()

let fleet: Fleet
let service: MarkerService

beforeAll(async () => {
  console.info(`MUSTER_SEED=${seed}`)
  fleet = await Fleet.start({ hosts: 6 })
  service = new MarkerService(fleet, 'marker')
  await service.apply()
  for (const version of ['0', '1', '2']) await service.release(version, { start: 'sleep 0.1' })
  await service.release('held', { start: untilFile('go') })
  expect((await service.rollOut('0')).phase).toBe('succeeded')
})

function anyControl(random: Random): Control {
  const hosts = { hosts: [random.pick(fleet.hosts)] }
  return random.pick([
    { verb: 'pause' }, { verb: 'pause' }, { verb: 'resume' }, { verb: 'resume' }, { verb: 'promote' }, { verb: 'abort' }, { verb: 'rollback' },
    { verb: 'retry' }, { verb: 'retry', fields: hosts }, { verb: 'retry', fields: { which: 'not-started' } },
    { verb: 'skip', fields: hosts }, { verb: 'kill', fields: hosts },
  ])
}

async function recorded(id: string): Promise<AuditPageView['entries']> {
  const { entries, next } = await fleet.api.get<AuditPageView>(`/v1/audit?target=rollout/${id}&limit=1000`)
  expect(next).toBeNull()
  return entries
}

test.each([1, 2])(`each of ten clients has one clear answer to each of its wishes, round %i (MUSTER_SEED=${seed})`, async (round) => {
  const was = await service.running()
  const id = await service.start(String(round), { waves: [3], gate: { after: 'every', kind: 'manual' }, concurrency: WINDOW, onFailure: 'continue' })
  await until('a script runs', () => service.lines(id).length > 0)
  const hands = clients.map((client) => new Hand(fleet.api, id, client))
  await Promise.all(hands.map(async (hand, index) => {
    const random = new Random(seed + round * CLIENTS + index)
    for (let count = 0; count < CONTROLS_EACH; count++) await hand.ask(anyControl(random))
  }))
  const asked = hands.flatMap((hand) => hand.asked)
  const granted = hands.flatMap((hand) => hand.granted)
  expect(granted.length).toBeGreaterThan(0)
  expect(granted.length, 'they conflict').toBeLessThan(asked.length)
  const { notes } = await fleet.rollout(id)
  expect(notes.map(({ reason }) => reason ?? '').sort()).toEqual(granted.toSorted())
  expectPossible(notes.map(({ control }) => control))
  const entries = (await recorded(id)).filter(({ verb }) => verb !== 'rollout.start')
  expect(entries.map(({ verb, reason, outcome }) => `${verb} ${reason} ${outcome}`).sort())
    .toEqual(asked.map(({ verb, reason, refused }) => `rollout.${verb} ${reason} ${refused === null ? 'done' : 'refused'}`).sort())

  await fleet.api.ask('POST', `/v1/rollouts/${id}/resume`, {})
  await fleet.api.ask('POST', `/v1/rollouts/${id}/abort`, {})
  await fleet.ended(id)
  expect(mostAtOnce(service.lines(id))).toBeLessThanOrEqual(WINDOW)
  expect(begunTwice(service.lines(id))).toEqual([])
  const runs = await service.running()
  expect(runs).toEqual(await service.assigned())
  for (const host of fleet.hosts) expect([was[host], String(round)]).toContain(runs[host])
})

/** Whoever pauses, aborts or rolls back can do so again only when somebody has asked for something in between that lets the rollout move. */
function expectPossible(controls: readonly string[]): void {
  for (const [control, lifting] of [['pause', ['resume', 'rollback', 'retry', 'abort']], ['abort', ['retry', 'rollback']], ['rollback', ['abort']]] as const) {
    const places = controls.flatMap((each, place) => (each === control ? [place] : []))
    for (const [index, place] of places.slice(0, -1).entries()) {
      const between = controls.slice(place + 1, places[index + 1])
      expect(between.some((each) => (lifting as readonly string[]).includes(each)), controls.join(', ')).toBe(true)
    }
  }
}

test('of ten who pause at once one does, and nine hear that it is paused already', async () => {
  const id = await service.start('held', { concurrency: 1 })
  await until('a script runs', () => hostsOf(service.lines(id)).length === 1)
  const asked = await Promise.all(clients.map(async (client) => new Hand(fleet.api, id, client).ask({ verb: 'pause' })))
  const [granted, ...others] = asked.filter(({ refused }) => refused === null)
  expect(others).toEqual([])
  expect(new Set(asked.flatMap(({ refused }) => refused ?? []))).toEqual(new Set([`${id} is paused already`]))
  const { notes, hold } = await fleet.rollout(id)
  expect(notes).toEqual([expect.objectContaining({ control: 'pause', reason: granted?.reason })])
  expect(hold).toEqual(expect.objectContaining({ kind: 'person', reason: granted?.reason }))
  await Promise.all(fleet.hosts.map((host) => service.put(host, 'go')))
  await fleet.api.post(`/v1/rollouts/${id}/abort`)
  expect((await fleet.ended(id)).phase).toBe('aborted')
  expect(hostsOf(service.lines(id))).toHaveLength(1)
})

test('of ten who begin a rollout of the same hosts at once one does, and nine hear whose they are', async () => {
  const request = { service: service.name, release: '0' }
  const answers = await Promise.all(clients.map(() => fleet.api.ask<RolloutView | ProblemBody>('POST', '/v1/rollouts', request)))
  const begun = answers.flatMap(({ status, body }) => (status === 201 && 'id' in body ? [body.id] : []))
  expect(begun).toHaveLength(1)
  const refused = answers.flatMap(({ body }) => ('error' in body ? [body.error] : []))
  expect(refused).toHaveLength(CLIENTS - 1)
  const said = { code: 'service_busy', message: expect.stringContaining(`being deployed by ${begun[0]}`) as string }
  for (const { code, message } of refused) expect({ code, message }).toEqual(said)
  expect((await fleet.ended(begun[0]!)).phase).toBe('succeeded')
})
