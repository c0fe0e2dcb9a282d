/** Rollouts of one service that want the same hosts: who begins, who waits, who makes way; and which assignment wins in the end. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { control } from '../../../coordinator/engine/control.ts'
import { drive } from '../../../coordinator/engine/drive.ts'
import { start } from '../../../coordinator/engine/start.ts'
import { explain } from '../../../coordinator/rollout/explain.ts'
import { setUp } from './bench.ts'
import type { Bench } from './bench.ts'

const BY = { by: 'ann', reason: null }

let bench: Bench

beforeAll(async () => {
  bench = await setUp()
  await bench.prepare({}, ['1', '2', '3'])
  for (const host of ['h1', 'h2', 'h3', 'h4']) await bench.connect(host)
})

afterAll(() => bench.stop())

afterEach(clear)

/** Ends whatever is open. */
async function clear(): Promise<void> {
  for (const id of await bench.ports.rollouts.active()) {
    await control(bench.ports, id, [{ type: 'AbortRequested', ...BY }]).catch(() => undefined)
    await drive(bench.ports, id)
  }
}

async function refusalOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => 'not refused', (error: { problem: unknown }) => error.problem)
}

describe('rollouts on hosts of their own', () => {
  test('run at once', async () => {
    const one = await bench.start('1', {}, 'h1,h2')
    const other = await bench.start('2', {}, 'h3,h4')
    expect([(await bench.rollout(one)).phase, (await bench.rollout(other)).phase]).toEqual(['running', 'running'])
  })
})

describe('rollouts that share hosts', () => {
  test('refuse: the other one is named, and how many hosts it has', async () => {
    const one = await bench.start('1', {}, 'h1,h2')
    expect(await refusalOf(bench.start('2', { onBusy: 'refuse' }, 'h2,h3,h4'))).toEqual({
      code: 'service_busy', field: 'strategy.onBusy', message: `web is being deployed by ${one}, which has 1 of these 3 hosts`,
      expected: `queue, to begin when ${one} has ended, or supersede, to abort it; muster rollout show ${one} says how it stands`,
    })
  })

  test('of ten that begin at the same moment one does', async () => {
    const began = await Promise.allSettled(Array.from({ length: 10 }, () => bench.start('1', {}, 'h1,h2')))
    expect(began.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('queue: it waits for all of them, says so, and begins by itself', async () => {
    const one = await bench.start('1', {}, 'h1')
    const two = await bench.start('1', {}, 'h2')
    const last = await bench.start('2', { onBusy: 'queue' }, 'h1,h2,h3')
    const behind = await bench.start('3', { onBusy: 'queue' }, 'h3')
    const queued = await bench.rollout(last)
    expect(queued).toMatchObject({ phase: 'queued', waitsFor: [one, two] })
    expect(explain(queued).why).toMatch(new RegExp(`${one}.*${two}`))
    await bench.deploy(one, 'h1')
    await drive(bench.ports, last)
    expect(await bench.rollout(last)).toMatchObject({ phase: 'queued', waitsFor: [two] })
    await bench.deploy(two, 'h2')
    await drive(bench.ports, last)
    await drive(bench.ports, behind)
    expect((await bench.rollout(last)).phase).toBe('running')
    expect(await bench.rollout(behind)).toMatchObject({ phase: 'queued', waitsFor: [last] })
  })

  test('supersede: the other one is aborted with the reason, what it has begun comes to its end, and then the new one begins', async () => {
    const one = await bench.start('1', {}, 'h1,h2')
    const { attempt } = await bench.task(one, 'h1')
    await bench.ports.rollouts.post(one, { type: 'ClaimRequested', host: 'h1', attempt, epoch: 99, installed: { revision: null, version: null } })
    await drive(bench.ports, one)
    const two = await bench.start('2', { onBusy: 'supersede' }, 'h1,h2')
    await drive(bench.ports, one)
    expect((await bench.rollout(one)).hold).toMatchObject({ kind: 'abort', by: 'muster', reason: `superseded by ${two}` })
    expect((await bench.rollout(two)).phase).toBe('queued')
    expect((await bench.task(one, 'h2')).state).toBe('withdrawn')
    await bench.ports.rollouts.post(one, { type: 'TaskSucceeded', host: 'h1', attempt, changed: true })
    await drive(bench.ports, one)
    await drive(bench.ports, two)
    expect([(await bench.rollout(one)).phase, (await bench.rollout(two)).phase]).toEqual(['aborted', 'running'])
  })
})

describe('an ended rollout', () => {
  test('may not move again once a later deployment has done something on its hosts', async () => {
    const one = await bench.start('1', {}, 'h1,h2')
    for (const host of ['h1', 'h2']) await bench.deploy(one, host)
    const two = await bench.start('2', {}, 'h2')
    await bench.deploy(two, 'h2')
    expect(await refusalOf(control(bench.ports, one, [{ type: 'RollbackRequested', wave: null, ...BY }]))).toMatchObject({
      code: 'control_refused', message: `${two} came after ${one} on h2; roll that one back, or start a new rollout of the version you want`,
    })
  })

  test('may while later ones are elsewhere, or have touched nothing; what it then assigns wins over what came in between', async () => {
    const one = await bench.start('3', {}, 'h3,h4')
    for (const host of ['h3', 'h4']) await bench.deploy(one, host)
    const elsewhere = await bench.start('1', {}, 'h1')
    const untouched = await bench.start('1', {}, 'h3')
    await control(bench.ports, untouched, [{ type: 'AbortRequested', ...BY }])
    await drive(bench.ports, untouched)
    const assigned = (await bench.ports.assignments.of('web', ['h3'])).get('h3')!
    await bench.ports.assignments.assign({ ...assigned, rollout: untouched, generation: [Number(untouched.split('-')[1]), 1] })

    await control(bench.ports, one, [{ type: 'RollbackRequested', wave: null, ...BY }])
    await drive(bench.ports, one)
    await bench.deploy(one, 'h3')
    expect((await bench.ports.assignments.of('web', ['h3'])).get('h3')).toMatchObject({ rollout: one, revision: null })
    expect((await bench.rollout(elsewhere)).phase).toBe('running')
  })

  test('may not move again beside an earlier one that has been opened again on its hosts', async () => {
    const one = await bench.start('1', { attempts: 1, onFailure: 'continue' }, 'h1,h2')
    for (const host of ['h1', 'h2']) await bench.deploy(one, host, 'wrong')
    const two = await bench.start('2', {}, 'h2,h3')
    await control(bench.ports, two, [{ type: 'AbortRequested', ...BY }])
    await drive(bench.ports, two)
    await control(bench.ports, one, [{ type: 'RetryRequested', which: 'failed', ...BY }])
    expect(await refusalOf(control(bench.ports, two, [{ type: 'RetryRequested', which: 'not-started', ...BY }]))).toMatchObject({
      code: 'control_refused', message: `${one} is at work on h2; wait until it has ended, or abort it`,
    })
  })

  test('waits again for what it was queued behind', async () => {
    const one = await bench.start('1', {}, 'h1')
    const two = await bench.start('2', { onBusy: 'queue' }, 'h1')
    await control(bench.ports, two, [{ type: 'AbortRequested', ...BY }])
    await drive(bench.ports, two)
    await control(bench.ports, two, [{ type: 'RetryRequested', which: 'not-started', ...BY }])
    expect(await bench.rollout(two)).toMatchObject({ phase: 'queued', waitsFor: [one] })
  })

  test('came before one that was created after it, whatever their numbers say', async () => {
    const reserved = `web-${await bench.ports.rollouts.nextSequence('web')}`
    const one = await bench.start('1', {}, 'h4')
    await bench.deploy(one, 'h4')
    await start(bench.ports, { service: 'web', release: '2', hosts: 'h4' }, { actor: 'muster', reason: null }, reserved)
    await drive(bench.ports, reserved)
    await bench.deploy(reserved, 'h4')
    expect(await refusalOf(control(bench.ports, one, [{ type: 'RollbackRequested', wave: null, ...BY }]))).toMatchObject({
      code: 'control_refused', message: expect.stringContaining(`${reserved} came after ${one} on h4`),
    })
  })
})
