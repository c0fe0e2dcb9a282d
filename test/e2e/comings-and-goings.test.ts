/** Hosts that come and go while a rollout is under way: agents killed in the middle of a script, hosts away and back, hosts that nobody has known. */
import { randomInt } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import type { HostView } from '../../shared/api/host.ts'
import type { RolloutPageView, RolloutView, TaskView } from '../../shared/api/rollout.ts'
import { Random } from '../sim/random.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { begunTwice, hostsOf, mostAtOnce } from './fleet/fleet-ledger.ts'
import { until } from './fleet/until.ts'
import { MarkerService } from './marker-service.ts'
import { untilFile } from './web-service.ts'

const HOSTS = 12
const WINDOW = 3
/** Agents that are killed, or started again, in the course of a rollout. */
const TURNS = 10
const MAX_LINES = 6

const seed = Number(process.env['MUSTER_SEED'] ?? randomInt(2 ** 31))

stopFleetsAfterwards()

let fleet: Fleet
let service: MarkerService

beforeAll(async () => {
  console.info(`MUSTER_SEED=${seed}`)
  fleet = await Fleet.start({ hosts: HOSTS, labels: () => ({ env: 'prod' }) })
  service = new MarkerService(fleet, 'marker')
  await service.apply({ hosts: 'env=prod' })
  await service.release('1')
  await service.release('2', { start: untilFile('go') })
  expect((await service.rollOut('1')).phase).toBe('succeeded')
})

const everywhere = (version: string) => Object.fromEntries(fleet.hosts.map((host) => [host, version]))

async function leave(host: string): Promise<void> {
  await fleet.agent(host).daemon.kill()
  await until(`${host} is away`, async () => (await fleet.api.get<HostView>(`/v1/hosts/${host}`)).status === 'away')
}

/** The first rollout that the system has begun for this reason. */
async function catchUp(reason: string): Promise<RolloutView> {
  return until(`a catch-up because ${reason}`, async () => {
    const { rollouts } = await fleet.api.get<RolloutPageView>(`/v1/rollouts?service=${service.name}`)
    return rollouts.find((rollout) => rollout.kind === 'catch-up' && rollout.reason === reason)
  })
}

test('a rollout counts the hosts that it began with, takes along who is back in time, and leaves the others to catch up', async () => {
  await Promise.all([leave('h1'), leave('h2')])
  const id = await service.start('2', { concurrency: WINDOW, order: 'as-listed', offline: 'catch-up', tolerance: { unreachable: 2 } })
  await until('those who are away have had their turn', async () => (await fleet.rollout(id)).waves[0]?.forward.unreachable === 2)
  await until('the window is full', () => hostsOf(service.lines(id)).length === WINDOW)
  const { host: victim } = await until('a host starts', () => service.lines(id).find(({ step }) => step === 'start'))
  await Promise.all(['h13', 'h14'].map((host) => fleet.join(host, { env: 'prod' })))
  expect((await fleet.rollout(id)).hosts).toBe(HOSTS)

  // Its agent dies in the middle of a script, which comes to its end without it.
  await fleet.agent(victim).daemon.kill()
  await service.put(victim, 'go')
  await until('the script has ended', () => service.lines(id).some(({ host, mark, step }) => host === victim && mark === 'ended' && step === 'start'))
  for (const host of [victim, 'h2']) fleet.agent(host).start(fleet.coordinator.grpc)
  await fleet.connected(['h2'])
  await Promise.all(Array.from({ length: HOSTS }, (_, index) => service.put(`h${index + 1}`, 'go')))
  expect((await fleet.ended(id)).phase).toBe('succeeded')
  const tasks = await fleet.tasks(id)
  expect([...tasks.keys()].toSorted()).toEqual(fleet.hosts.slice(0, HOSTS).toSorted())
  expect([...tasks.values()].filter(({ state }) => state !== 'succeeded').map(({ host, state }) => `${host} ${state}`)).toEqual(['h1 unreachable'])
  expect(await service.running()).toEqual({ ...everywhere('2'), h1: '1', h13: null, h14: null })
  expect(mostAtOnce(service.lines(id))).toBe(WINDOW)

  const joined = await catchUp('2 hosts joined')
  await Promise.all(['h13', 'h14'].map((host) => service.put(host, 'go')))
  expect(await fleet.ended(joined.id)).toEqual(expect.objectContaining({ phase: 'succeeded', hosts: 2, release: '2' }))
  expect(mostAtOnce(service.lines(joined.id)), 'they come one by one').toBe(1)
  fleet.agent('h1').start(fleet.coordinator.grpc)
  const back = await catchUp('1 host was away')
  expect((await fleet.ended(back.id)).phase).toBe('succeeded')
  expect(await service.running()).toEqual(everywhere('2'))
  expect(await service.assigned()).toEqual(everywhere('2'))
  expect(begunTwice(service.lines())).toEqual([])
})

test(`whoever is killed, and whenever it comes back, a rollout that waits reaches all (MUSTER_SEED=${seed})`, async () => {
  const random = new Random(seed)
  const patient = new MarkerService(fleet, 'patient')
  await patient.apply()
  await patient.release('3', { start: 'sleep 0.2', check: 'sleep 0.2' })
  const id = await patient.start('3', { concurrency: WINDOW, offline: 'wait' })
  for (let turn = 0; turn < TURNS; turn++) {
    const lines = patient.lines(id).length + random.between(1, MAX_LINES)
    const isFar = () => patient.lines(id).length >= lines
    await until('scripts go on, or all wait for somebody', async () => isFar() || waitsForSomebody([...(await fleet.tasks(id)).values()]))
    const { host, daemon } = fleet.agent(random.pick(fleet.hosts))
    if (daemon.isRunning) await daemon.kill()
    else fleet.agent(host).start(fleet.coordinator.grpc)
  }
  for (const agent of fleet.agents.values()) if (!agent.daemon.isRunning) agent.start(fleet.coordinator.grpc)
  expect((await fleet.ended(id)).phase).toBe('succeeded')
  expect(await patient.running()).toEqual(everywhere('3'))
  expect(await patient.assigned()).toEqual(everywhere('3'))
  expect(mostAtOnce(patient.lines(id))).toBeLessThanOrEqual(WINDOW)
  expect(begunTwice(patient.lines(id))).toEqual([])
})

/** Every slot is held by a host that is away, or nobody is here who could take one. */
function waitsForSomebody(tasks: readonly TaskView[]): boolean {
  const here = tasks.filter(({ away, state }) => !away && state !== 'succeeded')
  const holding = tasks.filter(({ state }) => state === 'claimed' || state === 'running')
  return here.length === 0 || (holding.length === WINDOW && holding.every(({ away }) => away))
}
