/** What the system does by itself about hosts that were away, that join and that drift; and when it keeps its hands off. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { control } from '../../../coordinator/engine/control.ts'
import { CONVERGE_EVERY_MS } from '../../../coordinator/engine/convergence/converge.ts'
import { drive } from '../../../coordinator/engine/drive.ts'
import { FIRST_PAUSE_MS, leftAlone, MAX_TRIES, STEADY_AFTER_MS } from '../../../coordinator/engine/convergence/tries.ts'
import type { Rollout } from '../../../coordinator/rollout/state.ts'
import { sweep } from '../../../coordinator/engine/sweep.ts'
import { runsOn, setUp } from './bench.ts'
import type { Bench } from './bench.ts'

const BY = { by: 'ann', reason: null }

let bench: Bench
const hosts = new Map<string, number>()

beforeEach(async () => {
  bench = await setUp()
  hosts.clear()
  for (const host of ['h1', 'h2', 'h3']) await connect(host)
})

afterEach(() => bench.stop())

async function connect(host: string): Promise<void> {
  hosts.set(host, await bench.connect(host))
}

/** Everything that is open is driven, all hosts are alive, and the sweep looks. @returns catch-ups that have not ended */
async function look(ms = CONVERGE_EVERY_MS): Promise<Rollout[]> {
  bench.pass(ms)
  for (const [host, epoch] of hosts) await bench.beat(host, epoch)
  await sweep(bench.ports)
  const found: Rollout[] = []
  for (const id of await bench.ports.rollouts.active()) {
    await drive(bench.ports, id)
    const rollout = await bench.rollout(id)
    if (rollout.kind === 'catch-up') found.push(rollout)
  }
  return found
}

async function deployed(release: string, on: readonly string[], strategy: Record<string, unknown> = {}, selector?: string): Promise<string> {
  const id = await bench.start(release, strategy, selector)
  for (const host of on) await bench.deploy(id, host)
  expect((await bench.rollout(id)).phase).toBe('succeeded')
  return id
}

async function leave(host: string): Promise<void> {
  await bench.leave(host, hosts.get(host)!)
  hosts.delete(host)
}

const taskHosts = async ({ id }: Rollout) => (await bench.ports.rollouts.page(id, { states: null, cursor: null, limit: 10 })).tasks.map(({ host }) => host)

test('a host that was away is taken where it was assigned, once, by a catch-up with a window of its own', async () => {
  await bench.prepare({}, ['1', '2'])
  await deployed('1', ['h1', 'h2', 'h3'])
  await leave('h3')
  await deployed('2', ['h1', 'h2'], { offline: 'catch-up', tolerance: { unreachable: 1 } })
  expect(await look()).toEqual([])
  await connect('h3')
  await bench.report('h3', '1')
  const [catchUp] = await look()
  expect(catchUp).toMatchObject({ kind: 'catch-up', actor: 'muster', release: '2', reason: '1 host was away', strategy: { concurrency: 1 } })
  expect(await taskHosts(catchUp!)).toEqual(['h3'])
  expect(await look()).toHaveLength(1)
  await bench.deploy(catchUp!.id, 'h3')
  expect((await bench.rollout(catchUp!.id)).phase).toBe('succeeded')
  expect(await look()).toEqual([])
})

test('whoever was away gets round the same broken stop as those that were there; a stop that the entry names counts where the rollout overruled none', async () => {
  await bench.prepare({}, ['1', '2', '3'])
  await deployed('1', ['h1', 'h2', 'h3'])
  await leave('h3')
  await deployed('2', ['h1', 'h2'], { stop: 'kill', offline: 'catch-up', tolerance: { unreachable: 1 } })
  await look()
  await connect('h3')
  await bench.report('h3', '1')
  const [first] = await look()
  expect(first?.strategy.stop).toBe('kill')
  await bench.deploy(first!.id, 'h3')
  await leave('h3')
  await deployed('3', ['h1', 'h2'], { offline: 'catch-up', tolerance: { unreachable: 1 } })
  await bench.prepare({ strategy: { stop: 'new' } })
  await connect('h3')
  await bench.report('h3', '2')
  expect((await look())[0]?.strategy.stop).toBe('new')
})

test('a host that joins gets what the last deployment that speaks for it has brought', async () => {
  await bench.prepare({}, ['1', '2', '3'])
  await deployed('1', ['h1', 'h2', 'h3'])
  await deployed('2', ['h1'], {}, 'h1,n*')
  const third = await deployed('3', ['h1'], {}, 'h1,n*')
  await control(bench.ports, third, [{ type: 'RollbackRequested', wave: null, ...BY }])
  await drive(bench.ports, third)
  await bench.deploy(third, 'h1')
  expect((await bench.rollout(third)).phase).toBe('rolled-back')
  await connect('n1')
  await connect('x1')
  const brought = await Promise.all((await look()).map(async (catchUp) => [await taskHosts(catchUp), catchUp.release, catchUp.reason]))
  expect(brought).toHaveLength(2)
  expect(brought).toEqual(expect.arrayContaining([[['n1'], '2', '1 host joined'], [['x1'], '1', '1 host joined']]))
})

/** Deploys 1 and then 2, has n1 join, and takes it to 2. @returns the deployment of 2 */
test('a host that joins is not taken to a release that is no longer what was signed', async () => {
  const { catalogue } = bench.ports
  await bench.prepare({}, ['1'])
  await deployed('1', ['h1', 'h2', 'h3'])
  const release = (await catalogue.getRelease('web', '1'))!
  await catalogue.release({ ...release, envelope: null }, () => false)
  await connect('h4')
  expect(await look()).toEqual([])
  await catalogue.release(release, () => false)
  const [catchUp] = await look()
  expect(await taskHosts(catchUp!)).toEqual(['h4'])
})

async function joinedOnSecond(more: Record<string, unknown> = {}): Promise<string> {
  await bench.prepare(more, ['1', '2'])
  await deployed('1', ['h1', 'h2', 'h3'])
  const second = await bench.start('2', { waves: ['1', '100%'], gate: { after: 'none', kind: 'manual' }, order: 'as-listed' })
  for (const host of ['h1', 'h2', 'h3']) await bench.deploy(second, host, 'well', await runsOn(bench, host))
  await connect('n1')
  const [catchUp] = await look()
  await bench.deploy(catchUp!.id, 'n1')
  expect(await look()).toEqual([])
  return second
}

async function putBack(id: string, wave: number | null, on: readonly string[]): Promise<void> {
  await control(bench.ports, id, [{ type: 'RollbackRequested', wave, ...BY }])
  await drive(bench.ports, id)
  for (const host of on) await bench.deploy(id, host)
  for (const host of on) await bench.report(host, '1')
  expect((await bench.rollout(id)).phase).toBe('rolled-back')
}

test('a host that joined does not stay on a release that is rolled back', async () => {
  const second = await joinedOnSecond()
  await putBack(second, null, ['h1', 'h2', 'h3'])
  const [catchUp] = await look()
  expect(catchUp).toMatchObject({ release: '1', reason: '1 host joined' })
  expect(await taskHosts(catchUp!)).toEqual(['n1'])
  await bench.deploy(catchUp!.id, 'n1')
  expect(await look()).toEqual([])
})

test('a host that joined is not moved off a rolled back release where its service says so', async () => {
  const second = await joinedOnSecond()
  await bench.prepare({ joins: 'report' })
  await putBack(second, null, ['h1', 'h2', 'h3'])
  expect(await look()).toEqual([])
})

test('one wave that is put back moves neither its hosts nor those that joined, and whoever joins later goes with the others', async () => {
  const second = await joinedOnSecond({ drift: 'converge' })
  await putBack(second, 0, ['h1'])
  expect(await look()).toEqual([])
  await bench.report('h1', 'other')
  const [back] = await look()
  expect(back?.release).toBe('1')
  await bench.deploy(back!.id, 'h1')
  expect(await look()).toEqual([])
  await connect('n2')
  expect((await look()).map(({ release }) => release)).toEqual(['2'])
})

test('a new host is left alone where its service says so, and while a deployment is under way', async () => {
  await bench.prepare({ joins: 'report' })
  await deployed('1', ['h1', 'h2', 'h3'])
  await connect('n1')
  expect(await look()).toEqual([])
  await bench.prepare({ joins: 'converge' })
  const open = await bench.start('1', {}, 'h1')
  expect(await look()).toEqual([])
  await control(bench.ports, open, [{ type: 'AbortRequested', ...BY }])
  await drive(bench.ports, open)
  expect(await look()).toHaveLength(1)
})

test('drift is reported, or taken back where its service says so', async () => {
  await bench.prepare({ drift: 'report' })
  await deployed('1', ['h1', 'h2', 'h3'])
  await bench.report('h2', 'other')
  expect(await look()).toEqual([])
  await bench.prepare({ drift: 'converge' })
  const [catchUp] = await look()
  expect(catchUp?.reason).toBe('1 host has drifted')
  expect([...(await bench.mailbox.look('h2')).mail.values()][0]?.command.action).toMatchObject({ kind: 'deploy', repair: true })
})

test('files that were changed are drift, also where the revision is the same', async () => {
  await bench.prepare({ drift: 'converge' })
  await deployed('1', ['h1', 'h2', 'h3'])
  await bench.report('h3', '1', [{ kind: 'files', message: 'web.mjs differs' }])
  expect(await look()).toHaveLength(1)
})

test('it is tried again ever more rarely, never for ever, and then said', async () => {
  await bench.prepare({ drift: 'converge' })
  await deployed('1', ['h1', 'h2', 'h3'])
  await bench.report('h2', 'other')
  let passedMs = CONVERGE_EVERY_MS
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const [catchUp] = await look(passedMs)
    expect(catchUp, `try ${tries}`).toBeDefined()
    await bench.deploy(catchUp!.id, 'h2', 'wrong')
    passedMs = FIRST_PAUSE_MS * 4 ** (tries - 1)
    expect(await look(CONVERGE_EVERY_MS)).toEqual([])
  }
  expect(await look(100 * passedMs)).toEqual([])
  const revision = (await bench.ports.assignments.of('web', ['h2'])).get('h2')!.revision
  expect(await leftAlone(bench.ports, 'web', new Map([['h2', revision], ['h1', revision]]), bench.ports.clock())).toEqual([
    { host: 'h2', why: expect.stringContaining(`${MAX_TRIES} tries have failed`) },
  ])
  const { entries } = await bench.audit.page({ actor: 'muster', verb: 'host.give-up', target: null, sinceMs: null, limit: 10, cursor: null })
  expect(entries.map(({ targets, reason }) => [targets[0], reason])).toEqual([['host/h2', expect.stringContaining('5 tries have failed')]])
})

test('a host that does not stay where it is taken is tried ever more rarely too, and left to a person for a day', async () => {
  await bench.prepare({ drift: 'converge' })
  await deployed('1', ['h1', 'h2', 'h3'])
  let passedMs = CONVERGE_EVERY_MS
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    await bench.report('h2', 'other')
    const [catchUp] = await look(passedMs)
    expect(catchUp, `try ${tries}`).toBeDefined()
    await bench.deploy(catchUp!.id, 'h2')
    await bench.report('h2', 'other')
    expect(await look(CONVERGE_EVERY_MS), `right after try ${tries}`).toEqual([])
    passedMs = FIRST_PAUSE_MS * 4 ** (tries - 1)
  }
  expect(await look(passedMs)).toEqual([])
  const { entries } = await bench.audit.page({ actor: 'muster', verb: 'host.give-up', target: null, sinceMs: null, limit: 10, cursor: null })
  expect(entries.map(({ reason }) => reason)).toEqual([expect.stringContaining(`${MAX_TRIES} times it was taken there and did not stay`)])
  expect(await look(STEADY_AFTER_MS)).toHaveLength(1)
})

test('what a person aborted is not begun again', async () => {
  await bench.prepare({ drift: 'converge' })
  await deployed('1', ['h1', 'h2', 'h3'])
  await bench.report('h2', 'other')
  const [catchUp] = await look()
  await bench.deploy(catchUp!.id, 'h2', 'wrong')
  expect((await bench.rollout(catchUp!.id)).phase).toBe('failed')
  const [again] = await look(FIRST_PAUSE_MS)
  await control(bench.ports, again!.id, [{ type: 'AbortRequested', ...BY }])
  await drive(bench.ports, again!.id)
  expect(await look(100 * FIRST_PAUSE_MS)).toEqual([])
})

test('nothing is taken anywhere on hosts of an open rollout, or while a deployment of the service is held', async () => {
  await bench.prepare({ drift: 'converge' }, ['1', '2'])
  await deployed('1', ['h1', 'h2', 'h3'])
  const open = await bench.start('2', {}, 'h1')
  await bench.report('h1', 'other')
  expect(await look()).toEqual([])
  await control(bench.ports, open, [{ type: 'PauseRequested', ...BY }])
  await bench.report('h2', 'other')
  expect(await look()).toEqual([])
  await control(bench.ports, open, [{ type: 'ResumeRequested', overrideFreeze: false, ...BY }])
  expect(await look()).toHaveLength(1)
})

test('a deployment is not held up by a catch-up on its hosts, and wins over it', async () => {
  await bench.prepare({ drift: 'converge' }, ['1', '2'])
  await deployed('1', ['h1', 'h2', 'h3'])
  await bench.report('h2', 'other')
  const [catchUp] = await look()
  const { attempt } = await bench.task(catchUp!.id, 'h2')
  await bench.ports.rollouts.post(catchUp!.id, { type: 'ClaimRequested', host: 'h2', attempt, epoch: 1, installed: { revision: 'other', version: 'other' } })
  await drive(bench.ports, catchUp!.id)
  const hotfix = await bench.start('2', { onBusy: 'refuse' })
  expect(await bench.rollout(hotfix)).toMatchObject({ phase: 'running', waitsFor: [] })
  expect((await bench.rollout(catchUp!.id)).hold).toMatchObject({ kind: 'abort', reason: `superseded by ${hotfix}` })
  for (const host of ['h1', 'h2', 'h3']) await bench.deploy(hotfix, host)
  await bench.ports.rollouts.post(catchUp!.id, { type: 'TaskSucceeded', host: 'h2', attempt, changed: true })
  await drive(bench.ports, catchUp!.id)
  expect((await bench.ports.assignments.of('web', ['h2'])).get('h2')?.rollout).toBe(hotfix)
})

test('nothing is taken anywhere in a freeze', async () => {
  await bench.prepare({ drift: 'converge' })
  await deployed('1', ['h1', 'h2', 'h3'])
  await bench.report('h2', 'other')
  const now = bench.ports.clock()
  await bench.ports.freezes.add({
    name: 'sale', window: { kind: 'once', fromMs: now, toMs: now + 2 * CONVERGE_EVERY_MS }, services: 'w*', hosts: 'h2', reason: 'sale', by: 'ann', createdAtMs: now,
  })
  expect(await look()).toEqual([])
  expect(await look()).toHaveLength(1)
})
