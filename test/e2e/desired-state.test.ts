/** What hosts should run, and who sees to it: away, joined, drifted; rollouts that want the same hosts; times in which nothing begins. */
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { AuditPageView } from '../../shared/api/audit.ts'
import type { DriftView } from '../../shared/api/drift.ts'
import type { HostDetailView } from '../../shared/api/host.ts'
import type { RolloutPageView, RolloutView } from '../../shared/api/rollout.ts'
import { freePorts } from './fleet/ports.ts'
import { until } from './fleet/until.ts'
import { Fleet, MAX_SERVICES, stopFleetsAfterwards } from './fleet.ts'
import { untilFile, WebService } from './web-service.ts'

stopFleetsAfterwards()

let fleet: Fleet

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 6 })
})

async function catchUps(service: string): Promise<RolloutView[]> {
  const { rollouts } = await fleet.api.get<RolloutPageView>(`/v1/rollouts?service=${service}`)
  return rollouts.filter(({ kind }) => kind === 'catch-up')
}

/** The first catch-up with this reason, once it has ended. */
async function caughtUp(service: string, reason: string): Promise<RolloutView> {
  const { id } = await until(`a catch-up because ${reason}`, async () => (await catchUps(service)).find((one) => one.reason === reason))
  return fleet.ended(id)
}

async function leave(host: string): Promise<void> {
  expect(await fleet.agent(host).daemon.stop()).toBe(0)
  await until(`${host} is away`, async () => (await fleet.api.get<HostDetailView>(`/v1/hosts/${host}`)).status === 'away')
}

async function newService(name: string, versions: readonly string[], more: Record<string, unknown> = {}): Promise<WebService> {
  const web = new WebService(fleet, name)
  await web.apply(more)
  for (const version of versions) await web.release(version)
  return web
}

const all = (version: string, hosts = fleet.hosts) => Object.fromEntries(hosts.map((host) => [host, version]))

describe('hosts that are not where they should be', () => {
  let web: WebService

  beforeAll(async () => {
    web = await newService('state', ['1', '2', '3'])
    expect((await web.rollOut('1')).phase).toBe('succeeded')
  })

  test('one that was away during a rollout is taken along when it comes back, by a rollout of the system', async () => {
    await leave('h6')
    expect((await web.rollOut('2', { offline: 'catch-up', tolerance: { unreachable: 1 } })).phase).toBe('succeeded')
    expect(await web.versions(['h1', 'h6'])).toEqual({ h1: '2', h6: '1' })
    fleet.agent('h6').start(fleet.coordinator.grpc)
    expect(await caughtUp('state', '1 host was away')).toMatchObject({ phase: 'succeeded', actor: 'muster', hosts: 1 })
    expect(await web.versions()).toEqual(all('2'))
    const { entries } = await fleet.api.get<AuditPageView>('/v1/audit?actor=muster&verb=rollout.start')
    expect(entries[0]).toMatchObject({ reason: '1 host was away', targets: expect.arrayContaining(['host/h6', 'service/state']) })
  })

  test('a new host gets what the others run', async () => {
    const first = await freePorts(MAX_SERVICES)
    const ports = Object.fromEntries(Array.from({ length: MAX_SERVICES }, (_, service) => [`p${service}`, String(first + service)]))
    await fleet.join('h7', { ...ports, rack: 'r0' })
    expect(await caughtUp('state', '1 host joined')).toMatchObject({ phase: 'succeeded', release: '2' })
    expect(await web.versions()).toEqual(all('2'))
  })

  test('a changed file is reported, and put right where the service says so', async () => {
    const before = (await catchUps('state')).length
    await appendFile(join(fleet.agent('h2').real('/srv/state/current'), 'web.mjs'), '\n// by hand\n')
    await fleet.api.post('/v1/services/state/inspect')
    const { services } = await until('it is reported', async () => {
      const drift = await fleet.api.get<DriftView>('/v1/drift?service=state')
      return drift.services.some(({ drifted }) => drifted === 1) ? drift : null
    })
    expect(services[0]).toMatchObject({ policy: 'report', groups: [expect.objectContaining({ kind: 'files', hosts: ['h2'] })] })
    expect(await catchUps('state')).toHaveLength(before)

    await web.apply({ drift: 'converge' })
    expect((await caughtUp('state', '1 host has drifted')).phase).toBe('succeeded')
    await until('nothing is reported', async () => {
      await fleet.api.post('/v1/services/state/inspect')
      return (await fleet.api.get<DriftView>('/v1/drift?service=state')).services.every(({ drifted }) => drifted === 0)
    })
  })

  test('a hotfix is not held up by a catch-up that hangs, and wins over it', async () => {
    await web.release('4', { start: untilFile('go') })
    await leave('h6')
    const rolling = await web.start('4', { offline: 'catch-up', tolerance: { unreachable: 1 } })
    await Promise.all(fleet.hosts.filter((host) => host !== 'h6').map((host) => web.put(host, 'go')))
    expect((await fleet.ended(rolling)).phase).toBe('succeeded')
    fleet.agent('h6').start(fleet.coordinator.grpc)
    const { id } = await until('a catch-up', async () => (await catchUps('state')).find(({ release, phase }) => release === '4' && phase === 'running'))
    await until('it has touched h6', async () => (await fleet.tasks(id)).get('h6')?.state === 'running')

    const hotfix = await web.start('3', { onBusy: 'refuse' })
    const begun = await fleet.rolloutWhen(hotfix, 'begun', ({ phase }) => phase !== 'queued')
    expect(begun.waitsFor).toEqual([])
    expect((await fleet.rollout(id)).notes.at(-1)).toMatchObject({ control: 'abort', by: 'muster', reason: `superseded by ${hotfix}` })
    await web.put('h6', 'go')
    expect((await fleet.ended(hotfix)).phase).toBe('succeeded')
    expect((await fleet.ended(id)).phase).toBe('aborted')
    expect(await web.versions()).toEqual(all('3'))
  })
})

describe('rollouts that want the same hosts', () => {
  let web: WebService

  beforeAll(async () => {
    web = await newService('shared', ['2', '3'])
    await web.release('1', { start: untilFile('go') })
  })

  const go = () => Promise.all(fleet.hosts.map((host) => web.put(host, 'go')))

  test('one is refused, one waits, and one that has hosts of its own begins at once', async () => {
    const first = await web.start('1', {}, 'h1,h2')
    const refused = await fleet.muster('rollout', 'start', 'shared@2', '--hosts', 'h2,h3')
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain(`shared is being deployed by ${first}, which has 1 of these 2 hosts`)
    const waiting = JSON.parse((await fleet.muster('--json', 'rollout', 'start', 'shared@2', '--hosts', 'h2,h3', '--on-busy', 'queue')).stdout) as RolloutView
    expect(waiting).toMatchObject({ phase: 'queued', waitsFor: [first] })
    expect((await web.rollOut('3', {}, 'h4,h5')).phase).toBe('succeeded')
    expect((await fleet.rollout(waiting.id)).phase).toBe('queued')
    await go()
    expect((await fleet.ended(waiting.id)).phase).toBe('succeeded')
    expect(await web.versions(['h1', 'h2', 'h3', 'h4'])).toEqual({ h1: '1', h2: '2', h3: '2', h4: '3' })
  })

  test('one makes way: what it has begun comes to its end, and nothing more begins', async () => {
    await web.release('4', { start: untilFile('go-on') })
    const slow = await web.start('4', { waves: [1], order: 'as-listed' }, 'h1,h2')
    await until('h1 is being changed', async () => (await fleet.tasks(slow)).get('h1')?.state === 'running')
    const next = await web.start('3', { onBusy: 'supersede' }, 'h1,h2')
    expect(await fleet.rollout(next)).toMatchObject({ phase: 'queued', waitsFor: [slow] })
    await web.put('h1', 'go-on')
    expect((await fleet.ended(next)).phase).toBe('succeeded')
    expect((await fleet.rollout(slow)).phase).toBe('aborted')
    expect(web.ledgers(slow).map(({ host }) => host)).not.toContain('h2')
    expect(await web.versions(['h1', 'h2'])).toEqual({ h1: '3', h2: '3' })
  })
})

describe('times', () => {
  let web: WebService

  beforeAll(async () => {
    web = await newService('frozen', ['1', '2'])
    expect((await web.rollOut('1')).phase).toBe('succeeded')
  })

  afterEach(() => fleet.muster('freeze', 'remove', 'sale'))

  const freeze = () => fleet.muster('freeze', 'add', 'sale', '--from', '2020-01-01 00:00', '--to', '2090-01-01 00:00', '--service', 'fro*', '--reason', 'the sale')

  test('nothing begins in a freeze unless somebody overrides it and says why', async () => {
    expect((await freeze()).code).toBe(0)
    const refused = await fleet.muster('rollout', 'start', 'frozen@2')
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('frozen by sale until')])
    expect((await fleet.muster('rollout', 'start', 'frozen@2', '--override-freeze')).stderr).toContain('--reason')
    const begun = await fleet.muster('rollout', 'start', 'frozen@2', '--override-freeze', '--reason', 'the login is broken', '--watch')
    expect(begun.code).toBe(0)
    const { entries } = await fleet.api.get<AuditPageView>('/v1/audit?verb=freeze.override')
    expect(entries[0]).toMatchObject({ actor: 'admin', reason: 'the login is broken', targets: expect.arrayContaining(['freeze/sale']) })
  })

  test('what runs is held when a freeze begins, and goes on when it is taken away', async () => {
    const id = await web.start('1', { waves: [1], gate: { after: 'every', kind: 'manual' } })
    await fleet.rolloutWhen(id, 'at its gate', ({ gate }) => gate?.kind === 'manual')
    expect((await freeze()).code).toBe(0)
    const held = await fleet.rolloutWhen(id, 'frozen', ({ hold }) => hold?.kind === 'freeze')
    expect(held.why).toContain('frozen by sale')
    expect((await fleet.muster('freeze', 'remove', 'sale')).code).toBe(0)
    await fleet.rolloutWhen(id, 'running again', ({ phase }) => phase === 'running')
    expect((await fleet.muster('rollout', 'abort', id)).code).toBe(0)
    await fleet.ended(id)
  })

  test('a rollout begins at its time, by itself', async () => {
    const soon = new Date(Date.now() + 8000).toISOString().slice(0, 19)
    const added = await fleet.muster('rollout', 'start', 'frozen@2', '--at', `${soon}Z`, '--tz', 'UTC')
    expect([added.code, added.stderr]).toEqual([0, ''])
    const list = JSON.parse((await fleet.muster('--json', 'schedule', 'list')).stdout) as { schedules: { name: string }[] }
    const [{ name } = { name: '' }] = list.schedules
    const fired = await until('it has begun', async () => {
      const { firings } = JSON.parse((await fleet.muster('--json', 'schedule', 'show', name)).stdout) as { firings: { rollout: string | null; outcome: string }[] }
      return firings[0]?.outcome === 'started' ? firings[0] : null
    }, 90_000)
    expect((await fleet.ended(fired.rollout ?? '')).phase).toBe('succeeded')
    expect(await web.versions()).toEqual(all('2'))
  }, 180_000)
})
