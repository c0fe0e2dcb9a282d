/** The main job from end to end, as a person does it: one service on eight hosts, told as one story, so each test begins where the last one ended. */
import { execFileSync } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { HostView } from '../../shared/api/host.ts'
import type { PlanView, RolloutPageView, RolloutView } from '../../shared/api/rollout.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { changesOf } from './fleet/feed.ts'
import type { TaskChange } from './fleet/feed.ts'
import { mostAtOnce, spansOf } from './fleet/ledger.ts'
import { programFiles, scriptFiles, WebService, writeFiles } from './web-service.ts'

const WAVES = 'waves: [2, 3]\nconcurrency: 2\norder: as-listed\n'

stopFleetsAfterwards()

let fleet: Fleet
let web: WebService

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 8 })
  web = new WebService(fleet, 'web')
})

/** What a command said on stdout, which has to have succeeded. */
async function said(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await fleet.muster(...args)
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' })
  return stdout
}

async function saidJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await said(...args, '--json')) as T
}

async function file(name: string, content: string): Promise<string> {
  await writeFile(join(fleet.dir, name), content)
  return join(fleet.dir, name)
}

describe('the walk', () => {
  test('a service is applied once and then is as it was', async () => {
    const yaml = await file('web.yaml', stringify(web.document({ variables: { GREETING: 'hello' } })))
    expect(await said('service', 'apply', '-f', yaml)).toBe('web created, entry 1\nnext: muster release create web VERSION --srv PATH\n')
    expect(await said('service', 'apply', '-f', yaml)).toBe('web unchanged, entry 1\n')
  })

  test('a release comes from directories, from tars and from compressed tars; equal bytes are one release', async () => {
    const srv = await writeFiles(join(fleet.dir, 'one'), programFiles('1'))
    const cmd = await writeFiles(join(fleet.dir, 'cmd'), scriptFiles())
    expect(await said('release', 'create', 'web', '1', '--srv', srv, '--cmd', cmd)).toMatch(/^web 1 created\n/)
    expect(await said('release', 'create', 'web', '1', '--srv', srv, '--cmd', cmd)).toMatch(/^web 1 unchanged\n/)

    await writeFiles(join(fleet.dir, 'two'), programFiles('2'))
    const tarFile = join(fleet.dir, 'two.tar')
    execFileSync('tar', ['-cf', tarFile, '-C', join(fleet.dir, 'two'), '.'])
    execFileSync('gzip', ['-k', tarFile])
    expect(await said('release', 'create', 'web', '2', '--srv', tarFile, '--cmd', cmd)).toMatch(/^web 2 created\n/)
    writeFileSync(`${tarFile}.zst`, zstdCompressSync(readFileSync(tarFile)))
    for (const packed of ['gz', 'zst']) {
      expect(await said('release', 'create', 'web', '2', '--srv', `${tarFile}.${packed}`, '--cmd', cmd)).toMatch(/^web 2 unchanged\n/)
    }
    const { releases } = await saidJson<{ releases: { version: string }[] }>('release', 'list', 'web')
    expect(releases.map(({ version }) => version)).toEqual(['2', '1'])
  })

  test('a plan says who would be installed in which wave and who is left out, and changes nothing', async () => {
    const strategy = await file('waves.yaml', WAVES)
    const plan = await saidJson<PlanView>('rollout', 'plan', 'web@1', '--strategy', strategy, '--hosts', 'h*,rack=r0')
    expect(plan.waves.map(({ hosts }) => hosts.map(({ host }) => host))).toEqual([['h1', 'h3'], ['h5', 'h7']])
    expect(plan.waves.flatMap(({ hosts }) => hosts)).toEqual(['h1', 'h3', 'h5', 'h7'].map((host) => ({ host, from: null, change: 'install', away: false, refused: null })))
    expect(plan.leftOut.map(({ host }) => host).sort()).toEqual(['h2', 'h4', 'h6', 'h8'])
    expect((await saidJson<RolloutPageView>('rollout', 'list')).rollouts).toEqual([])
    expect(web.ledgers()).toEqual([])
  })

  test('a rollout is watched from its start to its end, in waves and within its window', async () => {
    const output = await said('rollout', 'start', 'web@1', '--strategy', join(fleet.dir, 'waves.yaml'), '--watch')
    expect(output).toContain('web-1 started: web 1 on 8 hosts in 3 waves\n')
    expect(output).toContain('succeeded')
    expect(await web.versions()).toEqual(everywhere('1'))
    await expectWavesAndWindow('web-1', 2)
    expect(web.ledgers().map(({ step }) => step).sort()).toEqual([...Array(8).fill('check'), ...Array(8).fill('start')])
  })

  test('the next release is an update, as its plan says', async () => {
    const plan = await saidJson<PlanView>('rollout', 'plan', 'web@2')
    expect(plan.waves.flatMap(({ hosts }) => hosts.map(({ from, change }) => ({ from, change })))).toEqual(Array(8).fill({ from: '1', change: 'update' }))
    await said('rollout', 'start', 'web@2', '--strategy', join(fleet.dir, 'waves.yaml'), '--watch')
    expect(await web.versions()).toEqual(everywhere('2'))
    await expectWavesAndWindow('web-2', 2)
    for (const host of fleet.hosts) expect(stepsOf('web-2', host)).toEqual(['stop 1', 'start 2', 'check 2'])
  })

  test('the same release again touches nothing: the same processes, files and ledgers', async () => {
    const before = await Promise.all(fleet.hosts.map(traces))
    const { phase, id } = await web.rollOut('2')
    expect(phase).toBe('succeeded')
    expect(await Promise.all(fleet.hosts.map(traces))).toEqual(before)
    expect([...(await fleet.tasks(id)).values()].map(({ changed }) => changed)).toEqual(Array(8).fill(false))
  })

  test('a changed variable is a new revision of the same release', async () => {
    await web.apply({ variables: { GREETING: 'good morning' } })
    const plan = await saidJson<PlanView>('rollout', 'plan', 'web@2', '--hosts', 'h1')
    expect(plan.waves[0]?.hosts).toEqual([{ host: 'h1', from: '2', change: 'update', away: false, refused: null }])
    const pids = await Promise.all(fleet.hosts.map(async (host) => (await web.ask(host)).pid))
    expect((await web.rollOut('2')).phase).toBe('succeeded')
    for (const [index, host] of fleet.hosts.entries()) {
      const { version, greeting, pid } = await web.ask(host)
      expect({ version, greeting }).toEqual({ version: '2', greeting: 'good morning' })
      expect(pid).not.toBe(pids[index])
    }
  })

  test('a finished rollout is rolled back, the last hosts first', async () => {
    const { id } = await web.rollOut('1', { waves: [4], concurrency: 2 })
    expect(await web.versions()).toEqual(everywhere('1'))
    const releases = readdirSync(fleet.agent('h1').real('/srv/web/releases')).sort()
    const rollout = await saidJson<RolloutView>('rollout', 'rollback', id, '--reason', 'the shop is slow')
    expect(rollout.phase).toBe('rolling-back')
    expect((await fleet.ended(id)).phase).toBe('rolled-back')
    expect(await web.versions()).toEqual(everywhere('2'))
    const back = spansOf(web.ledgers(id).filter(({ command }) => command.endsWith('/2')))
    const tasks = await fleet.tasks(id)
    const first = back.toSorted((a, b) => a.fromMs - b.fromMs).slice(0, 2)
    expect(first.map(({ host }) => tasks.get(host)?.wave)).toEqual([1, 1])
    expect(mostAtOnce(back)).toBeLessThanOrEqual(2)
    expect(readdirSync(fleet.agent('h1').real('/srv/web/releases')).sort()).toEqual(releases)
  })

  test('hosts are listed with what they run and how they do', async () => {
    const { hosts } = await saidJson<{ hosts: HostView[] }>('host', 'list')
    expect(hosts.map(({ host, status }) => `${host} ${status}`)).toEqual(fleet.hosts.map((host) => `${host} connected`))
    const host = await saidJson<HostView>('host', 'show', 'h3')
    expect(host.services).toEqual([expect.objectContaining({ service: 'web', version: '2', assigned: '2' })])
    expect(host.load?.memoryFreeBytes).toBeGreaterThan(0)
    expect(host.load?.diskFreeBytes).toBeGreaterThan(0)
    expect(host.labels['rack']).toBe('r0')
  })
})

function everywhere(version: string): Record<string, string> {
  return Object.fromEntries(fleet.hosts.map((host) => [host, version]))
}

function stepsOf(rollout: string, host: string): string[] {
  return web.ledger(host).filter(({ command }) => command.startsWith(`${rollout}/`)).map(({ step, version }) => `${step} ${version}`)
}

/** What would show that anything was touched. */
async function traces(host: string) {
  const path = fleet.agent(host).real('/srv/web')
  const look = (name: string) => {
    const { ino, mtimeMs } = lstatSync(join(path, name))
    return { name, ino, mtimeMs }
  }
  const releases = readdirSync(join(path, 'releases')).flatMap((release) => ['', '/web.mjs', '/version'].map((name) => look(`releases/${release}${name}`)))
  return { pid: (await web.ask(host)).pid, current: readlinkSync(join(path, 'current')), files: [look('current'), look('shared/ledger'), ...releases] }
}

/** By what the hosts themselves wrote down, and by what watchers were told. */
async function expectWavesAndWindow(rollout: string, window: number): Promise<void> {
  const tasks = await fleet.tasks(rollout)
  const waveOf = (host: string) => tasks.get(host)?.wave ?? -1
  const spans = spansOf(web.ledgers(rollout))
  expect(spans).toHaveLength(8)
  expect(mostAtOnce(spans)).toBeLessThanOrEqual(window)
  for (const span of spans) {
    const earlier = spans.filter(({ host }) => waveOf(host) < waveOf(span.host))
    for (const other of earlier) expect(other.toMs, `${other.host} before ${span.host}`).toBeLessThanOrEqual(span.fromMs)
  }
  const sizes = Map.groupBy(spans, ({ host }) => waveOf(host))
  expect([...sizes].sort(([a], [b]) => a - b).map(([, of]) => of.length)).toEqual([2, 3, 3])

  const inWork = new Set<string>()
  const changes = await changesOf(fleet.coordinator.door, rollout)
  for (const { host, state } of changes.filter((change): change is TaskChange => change.kind === 'task')) {
    if (state === 'claimed' || state === 'running') inWork.add(host)
    else inWork.delete(host)
    expect(inWork.size).toBeLessThanOrEqual(window)
  }
}
