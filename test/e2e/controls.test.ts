/** The hand on the brake, on real hosts: what each control stops, what it lets end, and what it leaves alone. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { RolloutView } from '../../shared/api/rollout.ts'
import type { TaskState } from '../../shared/states.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { changesOf } from './fleet/feed.ts'
import { until } from './fleet/until.ts'
import { untilFile, WebService } from './web-service.ts'

stopFleetsAfterwards()

let fleet: Fleet

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 4 })
})

/** A service that runs release 1 everywhere; the start of release 2 waits on each host for a file `go`. */
async function heldService(name: string): Promise<WebService> {
  const web = new WebService(fleet, name)
  await web.apply()
  await web.release('1')
  await web.release('2', { start: untilFile('go') })
  expect((await web.rollOut('1')).phase).toBe('succeeded')
  return web
}

/** A rollout of release 2 over four hosts with a window of one. */
type Held = {
  id: string
  /** Is in its start script, which waits for the file. */
  changing: string
  /** Its command is out: it may prepare, and has to wait for the slot. */
  preparing: string
  /** In their turns after these two. */
  waiting: string[]
}

async function heldRollout(web: WebService): Promise<Held> {
  const id = await web.start('2', { concurrency: 1 })
  const changing = await until('a host starts', () => web.ledgers(id).find(({ step }) => step === 'start')?.host)
  const preparing = await until('another one prepares', async () => hostsThatAre('sent', await states(id))[0])
  return { id, changing, preparing, waiting: hostsThatAre('waiting', await states(id)) }
}

async function states(id: string): Promise<Record<string, TaskState>> {
  return Object.fromEntries([...await fleet.tasks(id)].map(([host, { state }]) => [host, state]))
}

function hostsThatAre(state: TaskState, states: Record<string, TaskState>): string[] {
  return Object.entries(states).flatMap(([host, is]) => (is === state ? [host] : []))
}

async function letGo(web: WebService): Promise<void> {
  await Promise.all(fleet.hosts.map((host) => web.put(host, 'go')))
}

/** Release 2 on these hosts and release 1 on all others. */
async function expectUpdated(web: WebService, updated: readonly string[]): Promise<void> {
  expect(await web.versions()).toEqual(Object.fromEntries(fleet.hosts.map((host) => [host, updated.includes(host) ? '2' : '1'])))
}

function touched(web: WebService, id: string): string[] {
  return [...new Set(web.ledgers(id).map(({ host }) => host))].sort()
}

/** A control by the command line. @returns the rollout as it is then */
async function control(...args: string[]): Promise<RolloutView> {
  const { code, stdout, stderr } = await fleet.muster('rollout', ...args, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as RolloutView
}

test('pause takes back what is not claimed, lets end what runs, and begins nothing until somebody resumes', async () => {
  const web = await heldService('paused')
  const { id, changing, preparing, waiting } = await heldRollout(web)
  expect((await control('pause', id, '--reason', 'lunch')).why).toContain(': lunch')
  await until(`${preparing} is withdrawn`, async () => (await states(id))[preparing] === 'withdrawn')
  await letGo(web)
  await until(`${changing} ends`, async () => (await states(id))[changing] === 'succeeded')
  expect(await states(id)).toEqual({ [changing]: 'succeeded', [preparing]: 'withdrawn', [waiting[0]!]: 'waiting', [waiting[1]!]: 'waiting' })
  expect((await fleet.rollout(id)).phase).toBe('paused')
  await expectUpdated(web, [changing])

  await control('resume', id)
  expect((await fleet.ended(id)).phase).toBe('succeeded')
  await expectUpdated(web, fleet.hosts)
  expect(new Set(web.ledgers(id).filter(({ host }) => host === preparing).map(({ command }) => command))).toEqual(new Set([`${id}/${preparing}/2`]))
})

test('skip leaves out hosts that have not been touched, and refuses one that is being changed', async () => {
  const web = await heldService('skipped')
  const { id, changing, preparing, waiting } = await heldRollout(web)
  await control('skip', id, preparing, waiting[0]!, '--reason', 'in repair')
  const refused = await fleet.muster('rollout', 'skip', id, changing)
  expect(refused).toEqual({ code: 3, stdout: '', stderr: `error: ${changing} is being changed right now; wait for its outcome, or end it: rollout kill ${id} ${changing}\n` })
  await letGo(web)
  expect((await fleet.ended(id)).phase).toBe('succeeded')
  expect(await states(id)).toEqual({ [changing]: 'succeeded', [preparing]: 'skipped', [waiting[0]!]: 'skipped', [waiting[1]!]: 'succeeded' })
  await expectUpdated(web, [changing, waiting[1]!])
  expect(touched(web, id)).toEqual([changing, waiting[1]!].sort())
})

test('abort lets end what runs, then ends; a rollback afterwards puts the touched host back', async () => {
  const web = await heldService('aborted')
  const { id, changing } = await heldRollout(web)
  expect((await control('abort', id)).phase).toBe('paused')
  await letGo(web)
  expect((await fleet.ended(id)).phase).toBe('aborted')
  await expectUpdated(web, [changing])
  expect((await control('rollback', id)).phase).toBe('rolling-back')
  expect((await fleet.ended(id)).phase).toBe('rolled-back')
  await expectUpdated(web, [])
  expect(touched(web, id)).toEqual([changing])
})

test('rollback of a rollout that is under way waits for what runs and puts back what was touched', async () => {
  const web = await heldService('turned')
  const { id, changing } = await heldRollout(web)
  await control('rollback', id)
  await letGo(web)
  expect((await fleet.ended(id)).phase).toBe('rolled-back')
  await expectUpdated(web, [])
  expect(touched(web, id)).toEqual([changing])
})

describe('gates', () => {
  let web: WebService

  beforeAll(async () => {
    web = new WebService(fleet, 'gated')
    await web.apply()
    await Promise.all(['1', '2', '3'].map((version) => web.release(version)))
  })

  test('a manual gate stands after the first wave until somebody promotes', async () => {
    const id = await web.start('1', { waves: [1], gate: { after: 'first', kind: 'manual' }, order: 'as-listed' })
    const held = await fleet.rolloutWhen(id, 'at its gate', ({ gate }) => gate?.kind === 'manual')
    expect(held.moves.map(({ command }) => command)).toEqual([`rollout promote ${id}`])
    expect(await states(id)).toEqual({ h1: 'succeeded', h2: 'waiting', h3: 'waiting', h4: 'waiting' })
    await control('promote', id)
    expect((await fleet.ended(id)).phase).toBe('succeeded')
    expect(await web.versions()).toEqual({ h1: '1', h2: '1', h3: '1', h4: '1' })
  })

  test('a bake keeps the next wave from beginning before its time', async () => {
    const { id, phase } = await web.rollOut('2', { waves: [2], bake: '1500ms', order: 'as-listed' })
    expect(phase).toBe('succeeded')
    const gates = (await changesOf(fleet.coordinator.door, id)).flatMap((change) => (change.kind === 'rollout' && change.gate?.kind === 'bake' ? [change] : []))
    expect(gates).toHaveLength(1)
    const { atMs, gate } = gates[0]!
    expect(gate).toEqual({ kind: 'bake', untilMs: atMs + 1500 })
    const later = web.ledgers(id).filter(({ host }) => host === 'h3' || host === 'h4')
    for (const { begunAtMs } of later) expect(begunAtMs).toBeGreaterThanOrEqual(atMs + 1500)
  })

  test('a promotion ends a bake early', async () => {
    const id = await web.start('3', { waves: [2], bake: '1h', gate: { after: 'first', kind: 'bake' } })
    await fleet.rolloutWhen(id, 'baking', ({ gate }) => gate?.kind === 'bake')
    await control('promote', id)
    expect((await fleet.ended(id)).phase).toBe('succeeded')
  })
})
