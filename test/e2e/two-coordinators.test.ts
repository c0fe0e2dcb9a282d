/**
 * Two coordinators on one Redis, with data directories of their own and one directory of artifacts, behind a balancer. Whichever dies or stands
 * still, the other goes on; no script is begun twice, and nothing is done by both.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RolloutView } from '../../shared/api/rollout.ts'
import type { ScheduleView } from '../../shared/api/schedule.ts'
import { Api } from './fleet/api.ts'
import { balancer } from './fleet/balancer.ts'
import type { Balancer } from './fleet/balancer.ts'
import { Coordinator } from './fleet/coordinator.ts'
import { feed } from './fleet/feed.ts'
import { endRemains, processesOf } from './fleet/remains.ts'
import { until } from './fleet/until.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { WebService } from './web-service.ts'

stopFleetsAfterwards()

let dir: string
let fleet: Fleet
let web: WebService
let one: Coordinator
let two: Coordinator
let front: Balancer

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-two-'))
  const socket = join(dir, 'own.sock')
  spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--dir', dir, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'], { stdio: 'ignore' })
  await until('Redis listens', () => existsSync(socket))
  const flags = ['--redis', socket, '--artifacts', join(dir, 'artifacts'), '--key-dir', join(dir, 'keys')]
  fleet = await Fleet.start({ hosts: 6, flags })
  one = fleet.coordinator
  await mkdir(join(fleet.dir, 'two'))
  two = new Coordinator(join(fleet.dir, 'two'), { flags })
  await two.start()
  front = await balancer(one.grpc)
  for (const agent of fleet.agents.values()) {
    await agent.daemon.stop()
    agent.start(front.address)
  }
  await fleet.connected()
  web = new WebService(fleet, 'web')
  await web.apply()
  for (const version of ['1', '2', '3']) await web.release(version, { stop: 'sleep 0.3', start: 'sleep 0.3', check: 'sleep 0.2' })
  expect((await web.rollOut('1')).phase).toBe('succeeded')
})
afterEach(async () => {
  front.close()
  await fleet.stop()
  await endRemains(dir)
  await rm(dir, { recursive: true, force: true })
})

/** As `coordinator` sees it, once it has ended. */
async function ended(coordinator: Coordinator, id: string): Promise<RolloutView> {
  await Array.fromAsync(feed(coordinator.door, id))
  return new Api(coordinator.door).get(`/v1/rollouts/${id}`)
}

async function midway(id: string): Promise<void> {
  await until(`a script of ${id} runs after one has ended`, () => {
    const entries = web.ledgers(id)
    return entries.some(({ endedAtMs }) => endedAtMs !== null) && entries.some(({ endedAtMs }) => endedAtMs === null)
  })
}

/** Steps of commands that are in a host's ledger more than once. */
function begunTwice(): string[] {
  const begun = Map.groupBy(web.ledgers(), ({ host, command, step }) => `${host}: ${command} ${step}`)
  return [...begun].filter(([, entries]) => entries.length > 1).map(([step]) => step)
}

async function expectAllOn(version: string): Promise<void> {
  expect(await web.versions()).toEqual(Object.fromEntries(fleet.hosts.map((host) => [host, version])))
  expect(begunTwice()).toEqual([])
}

async function signal(coordinator: Coordinator, name: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  for (const pid of await processesOf(`${coordinator.dataDir}\0`)) process.kill(pid, name)
}

test('the one that holds the streams is killed in the middle: the other goes on', async () => {
  const id = await web.start('2', { waves: [2], concurrency: 2, offline: 'wait' })
  await midway(id)
  await one.daemon.kill()
  front.turnTo(two.grpc)
  expect(await ended(two, id)).toMatchObject({ phase: 'succeeded', why: '6 of 6 hosts on 2' })
  await expectAllOn('2')
})

test('one that stood still for a while does no harm when it goes on', async () => {
  const id = await web.start('2', { waves: [2], concurrency: 2, offline: 'wait' })
  await midway(id)
  await signal(one, 'SIGSTOP')
  front.turnTo(two.grpc)
  expect(await ended(two, id)).toMatchObject({ phase: 'succeeded', why: '6 of 6 hosts on 2' })
  const next = await new Api(two.door).post<RolloutView>('/v1/rollouts', { service: 'web', release: '3', strategy: { waves: [2], concurrency: 2, offline: 'wait' } })
  await midway(next.id)
  await signal(one, 'SIGCONT')
  expect(await ended(one, next.id)).toMatchObject({ phase: 'succeeded', why: '6 of 6 hosts on 3' })
  expect(await ended(one, id)).toMatchObject({ phase: 'succeeded' })
  await expectAllOn('3')
})

test('both serve at once: what is asked of either holds, whoever holds the streams, and a schedule begins one rollout', async () => {
  const [first, second] = [new Api(one.door), new Api(two.door)]
  const { id } = await second.post<RolloutView>('/v1/rollouts', { service: 'web', release: '2', strategy: { waves: [1], concurrency: 1, offline: 'wait' } })
  await midway(id)
  const answers = await Promise.all([first, second, first, second].map((api) => api.ask<RolloutView>('POST', `/v1/rollouts/${id}/pause`, { reason: 'look' })))
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(1)
  expect(await first.get<RolloutView>(`/v1/rollouts/${id}`)).toMatchObject({ phase: 'paused' })
  await second.post(`/v1/rollouts/${id}/resume`)
  const [seenByOne, seenByTwo] = await Promise.all([one, two].map((coordinator) => Array.fromAsync(feed(coordinator.door, id))))
  expect(seenByOne).toEqual(seenByTwo)
  expect(await first.get<RolloutView>(`/v1/rollouts/${id}`)).toMatchObject({ phase: 'succeeded' })

  const before = (await first.get<{ rollouts: RolloutView[] }>('/v1/rollouts')).rollouts.length
  const at = new Date(Date.now() + 4000).toISOString().slice(0, 19)
  const { name } = await first.post<ScheduleView>('/v1/schedules', { name: 'soon', service: 'web', release: '3', at: `${at}Z` })
  const fired = await until('the schedule has fallen due', async () => {
    const { firings } = await second.get<ScheduleView>(`/v1/schedules/${name}`)
    return firings.find(({ outcome }) => outcome === 'started') ?? null
  })
  expect(await ended(two, fired.rollout!)).toMatchObject({ phase: 'succeeded' })
  expect((await second.get<{ rollouts: RolloutView[] }>('/v1/rollouts')).rollouts).toHaveLength(before + 1)
  await expectAllOn('3')
})
