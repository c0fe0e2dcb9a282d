/** Hosts that fetch ahead, as the engine drives them: orders in all mailboxes, those that are away or silent left out, time and crashes outlived. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { drive } from '../../../coordinator/engine/drive.ts'
import { SILENT_AFTER_MS } from '../../../coordinator/engine/ports/hosts.ts'
import { performAll } from '../../../coordinator/engine/perform.ts'
import { sweep } from '../../../coordinator/engine/sweep.ts'
import type { Effect } from '../../../coordinator/rollout/effect.ts'
import type { RolloutStore } from '../../../coordinator/engine/ports/rollouts.ts'
import { setUp } from './bench.ts'
import type { Bench } from './bench.ts'

const WITHIN_MS = 600_000
const STRATEGY = { prefetch: true, prefetchRate: '5MB/s', prefetchWithin: '10m', tolerance: { unreachable: 3 } }

let bench: Bench
let id: string
let epochs: Record<string, number>
beforeAll(async () => {
  bench = await setUp()
  await bench.prepare()
})
beforeEach(async () => {
  epochs = { h1: await bench.connect('h1'), h2: await bench.connect('h2'), h3: await bench.connect('h3') }
  await bench.leave('h3', epochs['h3']!)
  id = await begin(STRATEGY)
})
afterAll(() => bench.stop())

/** What the former test has left is aborted, and out of the way. */
async function begin(strategy: Record<string, unknown>, hosts?: string): Promise<string> {
  const begun = await bench.start('1', { onBusy: 'supersede', ...strategy }, hosts)
  for (const other of await bench.ports.rollouts.active()) if (other !== begun) await drive(bench.ports, other)
  await drive(bench.ports, begun)
  return begun
}

const mailed = async (host: string) => [...(await bench.mailbox.look(host)).mail].filter(([name]) => name.startsWith(`${id}/`)).map(([name]) => name)
const warm = async () => Promise.all(['h1', 'h2', 'h3'].map(async (host) => (await bench.task(id, host)).warm))

async function fetched(host: string, verdict: 'succeeded' | 'failed' = 'succeeded', number = 1): Promise<void> {
  await bench.ports.rollouts.post(id, { type: 'PrefetchEnded', host, number, verdict, message: '' })
  await drive(bench.ports, id)
}

test('every host that is here has a signed order to fetch, and no other; the first wave follows the last answer', async () => {
  expect(await warm()).toEqual(['warming', 'warming', 'missed'])
  const [mail] = (await bench.mailbox.look('h1')).mail.values()
  const { command } = bench.ports.signer.openOrder(mail!.order)!
  expect(command).toMatchObject({
    id: `${id}/h1/p1`, timeoutMs: WITHIN_MS, path: '/srv/web', action: { kind: 'prefetch', maxBytesPerSecond: 5_000_000, goal: { version: '1' } },
  })
  expect(await mailed('h3')).toEqual([])
  await fetched('h1')
  expect([await mailed('h1'), await mailed('h2')]).toEqual([[], [`${id}/h2/p1`]])
  await fetched('h2', 'failed')
  expect([await mailed('h1'), await mailed('h2')]).toEqual([[`${id}/h1/1`], [`${id}/h2/1`]])
  expect((await bench.rollout(id)).warming).toEqual({ state: 'over', untilMs: null, warm: 1, missed: 2 })
  await bench.deploy(id, 'h1')
  await bench.deploy(id, 'h2')
  expect(await bench.rollout(id)).toMatchObject({ phase: 'succeeded' })
})

test('time is up for whoever still fetches, whichever coordinator looks next', async () => {
  await fetched('h1')
  bench.pass(WITHIN_MS - 1)
  for (const host of ['h1', 'h2']) await bench.beat(host, epochs[host]!)
  await drive(bench.ports, id)
  expect(await mailed('h2')).toEqual([`${id}/h2/p1`])
  bench.pass(1)
  await drive(bench.ports, id)
  expect([await mailed('h1'), await mailed('h2')]).toEqual([[`${id}/h1/1`], [`${id}/h2/1`]])
  await fetched('h2')
  expect(await warm()).toEqual(['warm', 'missed', 'missed'])
})

test('a host that falls silent is not waited for, and one that only seemed to is', async () => {
  bench.pass(SILENT_AFTER_MS)
  await bench.beat('h1', epochs['h1']!)
  await bench.ports.rollouts.post(id, { type: 'HostLost', host: 'h1' })
  await sweep(bench.ports)
  await drive(bench.ports, id)
  expect(await warm()).toEqual(['warming', 'missed', 'missed'])
  expect([await mailed('h1'), await mailed('h2')]).toEqual([[`${id}/h1/p1`], []])
})

describe('performing', () => {
  const effects = async (...list: Effect[]) => {
    const saved: Parameters<RolloutStore['performed']>[1][] = []
    const ports = { ...bench.ports, rollouts: { ...bench.ports.rollouts, performed: async (_: string, seq: number) => void saved.push(seq) } }
    await performAll(ports, await bench.rollout(id), list.map((effect, seq) => ({ seq, effect })))
  }

  test('again what a coordinator performed before it died sends nothing twice, and brings nothing back', async () => {
    const { revision } = await bench.task(id, 'h1')
    const send: Effect = { type: 'SendPrefetch', host: 'h1', number: 1, revision }
    await effects(send)
    expect(await mailed('h1')).toEqual([`${id}/h1/p1`])
    await fetched('h1')
    await effects(send)
    expect(await mailed('h1')).toEqual([])
    await effects({ type: 'WithdrawPrefetch', host: 'h2', number: 1 })
    expect(await mailed('h2')).toEqual([])
  })

  test('what the host was not ordered to run is not fetched either', async () => {
    await effects({ type: 'SendPrefetch', host: 'h1', number: 2, revision: 'another' })
    expect(await mailed('h1')).toEqual([`${id}/h1/p1`])
  })
})

test('a rollout over more than fifty hosts fetches ahead by itself, and over fifty not', async () => {
  const names = Array.from({ length: 51 }, (_, index) => `many-${index}`)
  for (const name of names) await bench.connect(name)
  id = await begin({}, 'many-*')
  expect((await bench.rollout(id)).queues['warming-forward']).toBe(51)
  id = await begin({ prefetch: false }, 'many-*')
  expect((await bench.rollout(id)).warming).toBeNull()
  id = await begin({}, names.slice(1).join(','))
  expect((await bench.rollout(id)).warming).toBeNull()
})
