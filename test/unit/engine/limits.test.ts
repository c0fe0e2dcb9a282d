/** Limits over everything that Muster does to a service: however many rollouts there are, and however much room their windows have. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { control } from '../../../coordinator/engine/control.ts'
import { drive } from '../../../coordinator/engine/drive.ts'
import { reserve, roomOf } from '../../../coordinator/engine/limits.ts'
import { removeHost } from '../../../coordinator/engine/remove-host.ts'
import { sweep } from '../../../coordinator/engine/sweep.ts'
import { setUp } from './bench.ts'
import type { Bench } from './bench.ts'

describe('how many of a group may be down', () => {
  const members = [...Array.from({ length: 40 }, () => ({ labels: { rack: 'r1' } })), { labels: { rack: 'r2' } }, { labels: {} }]
  const percent = (value: number) => ({ unit: 'percent' as const, value })

  test('is a share of the hosts of that group, rounded down, and never nobody', () => {
    const room = roomOf({ limits: [{ down: percent(5), per: 'rack' }, { down: percent(10), per: null }] }, members)
    expect(Object.fromEntries(room)).toEqual({ 'rack=r1': 2, 'rack=r2': 1, 'rack=': 1, '*': 4 })
  })

  test('is the least of what several limits say of the same group', () => {
    const room = roomOf({ limits: [{ down: { unit: 'hosts', value: 7 }, per: null }, { down: percent(5), per: null }] }, members)
    expect(Object.fromEntries(room)).toEqual({ '*': 2 })
  })
})

describe('one host of a rack at a time', () => {
  const RACKS = { h1: 'r1', h2: 'r1', h3: 'r2', h4: 'r2' }
  let bench: Bench
  let left: string
  let right: string
  const epochs = new Map<string, number>()

  beforeAll(async () => {
    bench = await setUp()
    for (const [host, rack] of Object.entries(RACKS)) epochs.set(host, await bench.connect(host, { rack }))
    await bench.prepare({ limits: [{ down: 1, per: 'rack' }] })
    left = await bench.start('1', { concurrency: 4 }, 'h1,h3')
    right = await bench.start('1', { concurrency: 4 }, 'h2,h4')
  })

  afterAll(() => bench.stop())

  const claim = async (id: string, host: string) => {
    const installed = { revision: null, version: null }
    await bench.ports.rollouts.post(id, { type: 'ClaimRequested', host, attempt: 1, epoch: epochs.get(host)!, installed })
    await drive(bench.ports, id)
  }
  const stateOf = async (id: string, host: string) => (await bench.task(id, host)).state

  test('counts over all rollouts of the service', async () => {
    await claim(left, 'h1')
    await claim(right, 'h2')
    await claim(right, 'h4')
    expect([await stateOf(left, 'h1'), await stateOf(right, 'h2'), await stateOf(right, 'h4')]).toEqual(['claimed', 'sent', 'claimed'])
    await claim(left, 'h3')
    expect(await stateOf(left, 'h3')).toBe('sent')
    expect((await bench.rollout(right)).limitedBy).toBe("1 of web's hosts in rack=r1 is down, and its limit allows no more")
  })

  test('what is up again makes room for the next, also of another rollout', async () => {
    await bench.ports.rollouts.post(left, { type: 'TaskSucceeded', host: 'h1', attempt: 1, changed: true })
    await drive(bench.ports, left)
    await drive(bench.ports, right)
    expect(await stateOf(right, 'h2')).toBe('claimed')
    expect((await bench.rollout(right)).limitedBy).toBeNull()
  })

  test('a host that could not be put back counts as down until something succeeds there', async () => {
    const failed = { type: 'TaskFailed', host: 'h4', attempt: 1, verdict: 'failed', step: 'start', exitCode: 1, message: 'no', revert: 'failed' } as const
    await bench.ports.rollouts.post(right, failed)
    await drive(bench.ports, right)
    await drive(bench.ports, left)
    expect(await stateOf(right, 'h4')).toBe('failed')
    expect(await stateOf(left, 'h3')).toBe('sent')
    expect([...(await bench.ports.places.taken('web')).keys()]).toContain('h4')
  })

  test('a host that leaves the line gives its place back', async () => {
    await bench.ports.rollouts.post(right, { type: 'TaskSucceeded', host: 'h2', attempt: 1, changed: true })
    await drive(bench.ports, right)
    expect([...(await bench.ports.places.taken('web')).keys()]).toEqual(['h4'])
  })
})

describe('a place', () => {
  let bench: Bench
  const epochs = new Map<string, number>()

  beforeEach(async () => {
    bench = await setUp()
    for (const host of ['h1', 'h2']) epochs.set(host, await bench.connect(host))
    await bench.prepare({ limits: [{ down: 1 }], drift: 'converge' }, ['1', '2'])
  })

  afterEach(() => bench.stop())

  const claim = async (id: string, host: string) => {
    await bench.ports.rollouts.post(id, { type: 'ClaimRequested', host, attempt: 1, epoch: epochs.get(host)!, installed: { revision: null, version: null } })
    await drive(bench.ports, id)
  }

  test('that a later rollout has taken over is not given back by the one before, however late that performs it', async () => {
    const first = await bench.start('1', {})
    for (const host of ['h1', 'h2']) await bench.deploy(first, host)
    await bench.report('h2', 'other')
    await sweep(bench.ports)
    const catchUp = (await bench.ports.rollouts.latest('web'))!
    await drive(bench.ports, catchUp)
    await claim(catchUp, 'h2')
    const hotfix = await bench.start('2', {})
    await claim(hotfix, 'h2')
    await claim(hotfix, 'h1')
    expect((await bench.task(hotfix, 'h2')).state).toBe('claimed')
    await bench.ports.rollouts.post(catchUp, { type: 'TaskSucceeded', host: 'h2', attempt: 1, changed: true })
    await drive(bench.ports, catchUp)
    await drive(bench.ports, hotfix)
    expect((await bench.task(hotfix, 'h1')).state).toBe('sent')
    await bench.ports.rollouts.post(hotfix, { type: 'TaskSucceeded', host: 'h2', attempt: 1, changed: true })
    await drive(bench.ports, hotfix)
    expect((await bench.task(hotfix, 'h1')).state).toBe('claimed')
  })

  test('that a coordinator reserved and did not live to grant is given back at the end of its rollout', async () => {
    const id = await bench.start('1', {}, 'h1')
    await reserve(bench.ports, { id, service: 'web' }, ['h2'], 1)
    expect([...(await bench.ports.places.taken('web')).keys()]).toEqual(['h2'])
    await control(bench.ports, id, [{ type: 'AbortRequested', by: 'ann', reason: null }])
    await drive(bench.ports, id)
    expect((await bench.ports.places.taken('web')).size).toBe(0)
  })

  test('of a host that is gone for good is free, also where nobody knows how to put it back', async () => {
    const id = await bench.start('1', { attempts: 1, onFailure: 'continue' }, 'h1')
    await claim(id, 'h1')
    await bench.ports.rollouts.post(id, { type: 'TaskFailed', host: 'h1', attempt: 1, verdict: 'failed', step: 'start', exitCode: 1, message: 'no', revert: 'failed' })
    await drive(bench.ports, id)
    expect([...(await bench.ports.places.taken('web')).keys()]).toEqual(['h1'])
    await bench.ports.tries.put('web', new Map([['h1', { revision: 'r', tries: 1, lastAtMs: 0, rollout: id }]]))
    await bench.leave('h1', epochs.get('h1')!)
    await removeHost({ ...bench.ports, identities: bench.identities }, 'h1', { by: 'ann', reason: null })
    expect((await bench.ports.places.taken('web')).size).toBe(0)
    expect((await bench.ports.tries.of('web', ['h1'])).size).toBe(0)
  })
})
