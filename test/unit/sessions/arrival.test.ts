/** What the history of a host says of its agent's coming and going. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { arrival, LONG_ABSENCE_MS } from '../../../coordinator/api/sessions/arrival.ts'
import type { HistoryEntry } from '../../../coordinator/engine/ports/history.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import { hello } from './agent.ts'
import { startCoordinator } from './coordinators.ts'
import type { Coordinator } from './coordinators.ts'

let fixture: RedisFixture
let coordinator: Coordinator
let now = 1_700_000_000_000

beforeAll(async () => {
  fixture = await startRedis()
  coordinator = await startCoordinator(fixture, 'one', { clock: () => now })
})
afterAll(async () => {
  await coordinator.stop()
  await fixture.stop()
})

async function connect(host: string, labels: Record<string, string>): Promise<void> {
  const agent = coordinator.agent(host).say(hello({ labels }))
  await agent.hears('welcome')
  await agent.hangUp()
}

async function history(host: string): Promise<HistoryEntry[]> {
  return (await coordinator.history.of(host, { limit: 100, before: null })).entries
}

it('the first time, a long absence and changed labels are told; a short absence is not', async () => {
  await connect('h1', { dc: 'fra', rack: 'a1' })
  now += 1000
  await connect('h1', { dc: 'fra', rack: 'a1' })
  expect(await history('h1')).toMatchObject([{ kind: 'connected', awayMs: null }])
  now += LONG_ABSENCE_MS
  await connect('h1', { dc: 'fra', role: 'db' })
  expect(await history('h1')).toMatchObject([
    { kind: 'labels', changes: [{ label: 'rack', before: 'a1', after: null }, { label: 'role', before: null, after: 'db' }] },
    { kind: 'connected', awayMs: LONG_ABSENCE_MS },
    { kind: 'connected', awayMs: null },
  ])
})

it('a label that objects have by themselves is one like any other', () => {
  const before = { seenAtMs: 1, labels: {}, installed: [] }
  const [entry] = arrival(before, { labels: { constructor: 'x' } }, 3, 1)
  expect(entry).toMatchObject({ kind: 'labels', changes: [{ label: 'constructor', before: null, after: 'x' }] })
})

it('an entry belongs to its session: the same greeting judged twice is one entry', () => {
  const greeting = { labels: {} }
  expect(arrival(null, greeting, 3, 1)).toEqual(arrival(null, greeting, 3, 1))
  expect(arrival(null, greeting, 3, 1)[0]?.id).not.toBe(arrival(null, greeting, 4, 1)[0]?.id)
})
