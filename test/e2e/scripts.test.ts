/**
 * Scripts that a rollout runs once: a migration before the first host, a smoke test behind the first wave, a word to everybody after the last.
 * The test finds a bad release before it is anywhere else; what the migration did is undone once the host is back.
 */
import { beforeAll, expect, test } from 'vitest'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { untilFile, WebService } from './web-service.ts'

const STRATEGY = { waves: [1, 3], order: 'as-listed', before: ['migrate'], after: ['tell'], gate: { after: 'first', kind: 'test', test: 'smoke' } }
const ALL = { migrate: '', 'migrate-undo': '', smoke: '', tell: '' }

stopFleetsAfterwards()

let fleet: Fleet
let web: WebService

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 4 })
  web = new WebService(fleet, 'web')
  await web.apply()
  await web.release('1')
  expect((await web.rollOut('1')).phase).toBe('succeeded')
})

test('a release that fails its test is held, and is put back together with what the migration did', async () => {
  await web.release('2', {}, { ...ALL, smoke: 'echo "h1 answers with 502"; exit 3' })
  const id = await web.start('2', STRATEGY)
  const held = await fleet.rolloutWhen(id, 'held by its test', ({ hold }) => hold?.kind === 'script')
  expect(held.why).toContain('smoke failed on h1 as the test of wave 1 of 2')
  expect(await web.versions()).toEqual({ h1: '2', h2: '1', h3: '1', h4: '1' })
  expect(await web.once('h1')).toEqual(['migrate 2', 'smoke 2: h1'])

  const { stdout } = await fleet.muster('rollout', 'show', id)
  expect(stdout).toMatch(/migrate +before +succeeded +h1/)
  expect(stdout).toMatch(/smoke +test of wave 1 +failed +h1/)
  expect((await fleet.muster('rollout', 'resume', id)).stderr).toContain('skip-script')
  expect((await fleet.muster('logs', id, '--host', 'h1', '--step', 'run')).stdout).toContain('h1 answers with 502')

  await fleet.muster('rollout', 'retry-script', id)
  await fleet.rolloutWhen(id, 'held once more', ({ hold, scripts }) => hold?.kind === 'script' && scripts.some(({ number }) => number === 3))
  await fleet.muster('rollout', 'rollback', id, '--reason', 'the shop is down')
  const ended = await fleet.ended(id)
  expect(ended.phase).toBe('rolled-back')
  expect(ended.scripts.map(({ purpose, state }) => `${purpose} ${state}`)).toEqual(['before succeeded', 'test failed', 'after waiting', 'undo succeeded'])
  expect(await web.versions()).toEqual({ h1: '1', h2: '1', h3: '1', h4: '1' })
  expect(await web.once('h1')).toEqual(['migrate 2', 'smoke 2: h1', 'smoke 2: h1', 'migrate-undo 2'])
  expect((await Promise.all(['h2', 'h3', 'h4'].map((host) => web.once(host)))).flat()).toEqual([])
})

test('a migration runs once, whoever dies while it runs, and no host is touched before it is over', async () => {
  await web.release('3', {}, { ...ALL, migrate: untilFile('migrated') })
  const before = await web.once('h1')
  const id = await web.start('3', STRATEGY)
  await fleet.rolloutWhen(id, 'migrating', ({ scripts }) => scripts[0]?.state === 'running')
  await fleet.restartCoordinator()
  await fleet.restartAgent('h1')
  await fleet.connected()
  expect(await web.versions()).toEqual({ h1: '1', h2: '1', h3: '1', h4: '1' })
  expect(web.ledgers(id)).toEqual([])
  await web.put('h1', 'migrated')
  expect((await fleet.ended(id)).phase).toBe('succeeded')
  expect((await web.once('h1')).slice(before.length)).toEqual(['migrate 3', 'smoke 3: h1', 'tell 3'])
  expect(await web.versions()).toEqual({ h1: '3', h2: '3', h3: '3', h4: '3' })
})

test('what has no undo needs none', async () => {
  await web.release('4', {}, { migrate: 'exit 1' })
  const id = await web.start('4', { before: ['migrate'], onFailure: 'rollback', order: 'as-listed' })
  const ended = await fleet.ended(id)
  expect(ended).toMatchObject({ phase: 'rolled-back', scripts: [{ state: 'failed' }, { purpose: 'undo', state: 'succeeded' }] })
  expect(web.ledgers(id)).toEqual([])
})
