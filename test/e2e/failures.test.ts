/** Releases that fail, on real hosts: what each host does by itself, when the rollout is held, and every way out of that. */
import { existsSync } from 'node:fs'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { changesOf } from './fleet/feed.ts'
import { processesOf } from './fleet/remains.ts'
import { WebService } from './web-service.ts'

/** h1, then h2, which is the bad one, then h3, then h4. */
const ONE_BY_ONE = { waves: [1], order: 'as-listed' }
/** Bash: fails where the label says so, until a file `mended` is there. */
const FAILS_ON_BAD = '[[ ${MUSTER_LABEL_BAD:-} != yes || -e $MUSTER_SHARED_DIR/mended ]] || { echo "no table orders"; exit 7; }'

stopFleetsAfterwards()

let fleet: Fleet
let web: WebService

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 4, labels: (host) => (host === 'h2' ? { bad: 'yes' } : {}) })
  web = new WebService(fleet, 'web')
  await web.apply()
  await Promise.all([
    web.release('1'),
    web.release('2', { check: FAILS_ON_BAD }),
    web.release('3', { check: `(( $(grep -c "begun .* check 3 " "$MUSTER_SHARED_DIR/ledger") > 2 ))` }),
    web.release('4', { start: 'setsid sleep 1000 & sleep 1000 & wait' }),
  ])
})

describe('a release that fails on one host', () => {
  let id: string

  beforeEach(async () => {
    expect((await web.rollOut('1')).phase).toBe('succeeded')
    id = await web.start('2', ONE_BY_ONE)
    const held = await fleet.rolloutWhen(id, 'held', ({ phase }) => phase === 'paused')
    expect(held.hold).toEqual(expect.objectContaining({ kind: 'tolerance', of: 'failed', count: 1, allowed: 0 }))
  })

  test('is held by the tolerance, and the host has put itself back', async () => {
    expect(await web.versions()).toEqual({ h1: '2', h2: '1', h3: '1', h4: '1' })
    const task = (await fleet.tasks(id)).get('h2')
    expect(task).toEqual(expect.objectContaining({ state: 'failed', attempt: 1, lastLine: expect.any(String) }))
    expect(task?.failure).toEqual(expect.objectContaining({ step: 'check', exitCode: 7, revert: 'succeeded', message: 'check: exited with 7: no table orders; 1 runs again' }))
    const steps = web.ledger('h2').filter(({ command }) => command === `${id}/h2/1`).map(({ step, version }) => `${step} ${version}`)
    expect(steps).toEqual(['stop 1', 'start 2', 'check 2', 'revert-stop 2', 'revert-start 1', 'revert-check 1'])
    await fleet.muster('rollout', 'abort', id)
  })

  test('goes on without it when somebody resumes', async () => {
    expect((await fleet.muster('rollout', 'resume', id)).code).toBe(0)
    expect((await fleet.ended(id)).phase).toBe('succeeded')
    expect(await web.versions()).toEqual({ h1: '2', h2: '1', h3: '2', h4: '2' })
  })

  test('goes on without it when somebody skips it and resumes', async () => {
    expect((await fleet.muster('rollout', 'skip', id, 'h2')).code).toBe(0)
    expect((await fleet.muster('rollout', 'resume', id)).code).toBe(0)
    expect((await fleet.ended(id)).phase).toBe('succeeded')
    expect((await fleet.tasks(id)).get('h2')?.state).toBe('skipped')
    expect(await web.versions()).toEqual({ h1: '2', h2: '1', h3: '2', h4: '2' })
  })

  test('ends where it stands when somebody aborts', async () => {
    expect((await fleet.muster('rollout', 'abort', id)).code).toBe(0)
    expect((await fleet.ended(id)).phase).toBe('aborted')
    expect(await web.versions()).toEqual({ h1: '2', h2: '1', h3: '1', h4: '1' })
  })

  test('is put back when somebody rolls back', async () => {
    expect((await fleet.muster('rollout', 'rollback', id)).code).toBe(0)
    expect((await fleet.ended(id)).phase).toBe('rolled-back')
    expect(await web.versions()).toEqual({ h1: '1', h2: '1', h3: '1', h4: '1' })
  })

  test('is done everywhere when what was wrong is mended and somebody retries', async () => {
    await web.put('h2', 'mended')
    expect((await fleet.muster('rollout', 'retry', id)).code).toBe(0)
    expect((await fleet.ended(id)).phase).toBe('succeeded')
    expect(await web.versions()).toEqual({ h1: '2', h2: '2', h3: '2', h4: '2' })
  })
})

describe('onFailure', () => {
  let other: WebService

  beforeAll(async () => {
    other = new WebService(fleet, 'other')
    await other.apply()
    await Promise.all([other.release('1'), other.release('2', { check: FAILS_ON_BAD })])
  })

  test('a first install that fails leaves nothing behind that runs', async () => {
    const id = await other.start('2', {}, 'h2')
    await fleet.rolloutWhen(id, 'held', ({ phase }) => phase === 'paused')
    expect(existsSync(fleet.agent('h2').real('/srv/other/current'))).toBe(false)
    expect(await other.versions(['h2'])).toEqual({ h2: null })
    await fleet.muster('rollout', 'abort', id)
    await fleet.ended(id)
  })

  test('rollback: takes every touched host back by itself, and touches no other', async () => {
    await other.rollOut('1')
    const { id, phase } = await other.rollOut('2', { ...ONE_BY_ONE, onFailure: 'rollback' })
    expect(phase).toBe('rolled-back')
    expect(await other.versions()).toEqual({ h1: '1', h2: '1', h3: '1', h4: '1' })
    expect(new Set(other.ledgers(id).map(({ host }) => host))).toEqual(new Set(['h1', 'h2']))
  })

  test('continue: goes on to the end and then says that it failed', async () => {
    const { phase } = await other.rollOut('2', { ...ONE_BY_ONE, onFailure: 'continue' })
    expect(phase).toBe('failed')
    expect(await other.versions()).toEqual({ h1: '2', h2: '1', h3: '2', h4: '2' })
  })
})

describe('one host', () => {
  test('is tried again after a backoff that doubles, as a new command each time', async () => {
    await web.rollOut('1')
    const { id, phase } = await web.rollOut('3', { attempts: 3, backoff: '300ms' }, 'h1')
    expect(phase).toBe('succeeded')
    const changes = (await changesOf(fleet.coordinator.door, id)).filter((change) => change.kind === 'task')
    const backoffs = changes.filter(({ parked }) => parked === 'backoff')
    expect(backoffs.map(({ attempt }) => attempt)).toEqual([1, 2])
    for (const [index, { atMs, attempt }] of backoffs.entries()) {
      const next = changes.find((change) => change.attempt === attempt + 1)
      expect(next!.atMs - atMs).toBeGreaterThanOrEqual(300 * 2 ** index)
    }
    expect(web.ledgers(id).filter(({ step }) => step === 'check').map(({ command, status }) => [command, status])).toEqual([
      [`${id}/h1/1`, 1], [`${id}/h1/2`, 1], [`${id}/h1/3`, 0],
    ])
  })

  test('that takes too long has every process of its task killed, and goes back to what worked', async () => {
    await web.rollOut('1')
    const { id, phase } = await web.rollOut('4', { timeout: '4s', onFailure: 'continue' }, 'h1')
    expect(phase).toBe('failed')
    const task = (await fleet.tasks(id)).get('h1')
    expect(task?.state).toBe('timed-out')
    expect(task?.failure).toEqual(expect.objectContaining({ step: 'start', revert: 'succeeded' }))
    const { pid } = await web.ask('h1')
    expect(await web.versions(['h1'])).toEqual({ h1: '1' })
    // The release that worked has been started on behalf of the same command; nothing else of it is left.
    const left = await processesOf(`MUSTER_COMMAND=${id}/h1/1`)
    expect(left).toContain(pid)
    expect(await processesOf(`MUSTER_TICKET=${id}/h1/1`)).toEqual([])
  })
})
