/** One agent that says more than it may: it waits, the others do not, and it shows. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { pino } from 'pino'
import type { HistoryEntry } from '../../../coordinator/engine/ports/history.ts'
import { commandOf, signed } from '../hosts/commands.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import { hello } from './agent.ts'
import type { Agent } from './agent.ts'
import { startCoordinator } from './coordinators.ts'
import type { Coordinator } from './coordinators.ts'
import { machinesOf } from './machines.ts'

/** On a machine that has much else to do. */
const PATIENTLY = { timeout: 20_000 }
const FLOOD_FRAMES = 20_000
const UNAVAILABLE = 14
const TOO_MANY: unknown = expect.stringContaining('too many sessions')
/** By Node and gRPC, and a few more that are on their way. */
const READ_AHEAD = 16 + 8
/** Nothing more for as long as a test takes. */
const STANDSTILL = { framesPerSecond: 0.001, framesAtOnce: 100, bytesPerSecond: 1e9, bytesAtOnce: 1e9 }

let fixture: RedisFixture
const started: Coordinator[] = []

beforeEach(async () => {
  fixture = await startRedis()
})
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()))
  await fixture.stop()
})

async function coordinator(options: Parameters<typeof startCoordinator>[2]): Promise<Coordinator> {
  const one = await startCoordinator(fixture, `c${started.length}`, options)
  started.push(one)
  return one
}

function flood(agent: Agent, frames: number): void {
  for (let nth = 0; nth < frames; nth += 1) agent.say({ kind: 'accepted', id: `web-1/${agent.host}/1` })
}

/** A frame that is answered, so that its sender knows when it was taken. */
async function answered(agent: Agent, nth: number): Promise<void> {
  agent.say({ kind: 'claim', id: `web-1/${agent.host}/1`, installed: null })
  await agent.hears('withdraw', nth)
}

async function throttledEntries(one: Coordinator, host: string): Promise<HistoryEntry[]> {
  return (await one.history.of(host, { limit: 100, before: null })).entries.filter(({ kind }) => kind === 'throttled')
}

it('a flood waits while other agents are answered as ever', async () => {
  const one = await coordinator({ limits: STANDSTILL })
  const [loud, quiet] = [one.agent('loud').say(hello()), one.agent('quiet').say(hello())]
  await Promise.all([loud.hears('welcome'), quiet.hears('welcome')])
  flood(loud, FLOOD_FRAMES)
  loud.say({ kind: 'claim', id: 'web-1/loud/1', installed: null })
  await one.mailbox.put('quiet', ...signed(commandOf('quiet')))
  await quiet.hears('order')
  for (let nth = 1; nth <= 20; nth += 1) {
    quiet.say({ kind: 'claim', id: 'web-7/quiet/1', installed: null })
    await quiet.hears('withdraw', nth)
  }
  await expect.poll(() => one.throttled.agents(), PATIENTLY).toBe(1)
  expect(loud.of('withdraw')).toEqual([])
  expect(await throttledEntries(one, 'quiet')).toEqual([])
})

it('a flood is taken to its last frame', async () => {
  const one = await coordinator({ limits: { ...STANDSTILL, framesPerSecond: 500 } })
  const agent = one.agent('loud').say(hello())
  await agent.hears('welcome')
  flood(agent, 1000)
  await answered(agent, 1)
  expect(one.throttled.waitedSeconds()).toBeGreaterThan(0)
})

it('once in ten minutes the history tells of it, however often the agent comes again', async () => {
  const start = 1_700_000_400_000
  let now = start
  const one = await coordinator({ limits: STANDSTILL, clock: () => now })
  const throttledOnce = async () => {
    const agent = one.agent('loud').say(hello())
    await agent.hears('welcome')
    flood(agent, STANDSTILL.framesAtOnce + 1)
    const before = one.throttled.waitedSeconds()
    await expect.poll(() => one.throttled.waitedSeconds(), PATIENTLY).toBeGreaterThan(before)
    agent.drop()
    await agent.ended
  }
  await throttledOnce()
  await expect.poll(() => throttledEntries(one, 'loud'), PATIENTLY).toMatchObject([{ atMs: start, sinceMs: start, frames: STANDSTILL.framesAtOnce + 1 }])
  now = start + 599_000
  await throttledOnce()
  now = start + 600_000 + 59_000
  await throttledOnce()
  await expect.poll(() => throttledEntries(one, 'loud'), PATIENTLY).toMatchObject([{ atMs: now }, { atMs: start }])
  expect(one.throttled.agents()).toBe(1)
  now += 60_000
  expect(one.throttled.agents()).toBe(0)
})

it('bytes count as well', async () => {
  const one = await coordinator({ limits: { ...STANDSTILL, framesAtOnce: 1e9, bytesPerSecond: 100, bytesAtOnce: 300_000 } })
  const agent = one.agent('loud').say(hello())
  await agent.hears('welcome')
  const tail = Buffer.alloc(200_000)
  for (let nth = 0; nth < 3; nth += 1) agent.say({ kind: 'output', output: { id: 'web-1/loud/1', step: 'start', tail, totalBytes: 1 } })
  const twoOfThem: unknown = expect.toSatisfy((bytes: number) => bytes > 400_000 && bytes < 402_000)
  await expect.poll(() => throttledEntries(one, 'loud'), PATIENTLY).toMatchObject([{ sizeBytes: twoOfThem }])
})

it('an agent that is held back hears what there is to hear, and its session ends when it has to', async () => {
  const one = await coordinator({ limits: STANDSTILL })
  const agent = one.agent('loud').say(hello())
  await agent.hears('welcome')
  flood(agent, FLOOD_FRAMES)
  await expect.poll(() => one.throttled.agents(), PATIENTLY).toBe(1)
  await one.mailbox.put('loud', ...signed(commandOf('loud')))
  await agent.hears('order')
  const later = one.agent('loud').say(hello())
  await later.hears('welcome')
  expect(await agent.hears('refusal')).toMatchObject({ message: expect.stringContaining('connected again') })
  await agent.ended
  const before = one.throttled.waitedSeconds()
  flood(later, FLOOD_FRAMES)
  await expect.poll(() => one.throttled.waitedSeconds(), PATIENTLY).toBeGreaterThan(before)
  later.drop()
  await expect.poll(async () => (await one.hosts.get('loud'))?.session, PATIENTLY).toBeNull()
})

it('of a flood that waits, little is held here: the rest has not left the agent', async () => {
  const one = await coordinator({ limits: STANDSTILL })
  const [agent, quiet] = [one.agent('loud').say(hello()), one.agent('quiet').say(hello())]
  await Promise.all([agent.hears('welcome'), quiet.hears('welcome')])
  flood(agent, STANDSTILL.framesAtOnce)
  const tail = Buffer.alloc(512 * 1024)
  for (let nth = 0; nth < 200; nth += 1) agent.say({ kind: 'output', output: { id: 'web-1/loud/1', step: 'start', tail, totalBytes: 1 } })
  await expect.poll(() => one.throttled.agents(), PATIENTLY).toBe(1)
  for (let nth = 1; nth <= 50; nth += 1) await answered(quiet, nth)
  expect(agent.sent).toBeLessThan(1 + STANDSTILL.framesAtOnce + READ_AHEAD)
})

it('a host that greets again and again is refused before Redis hears of it; another comes in', async () => {
  const asked: string[] = []
  const { keys: { authority }, identities } = await machinesOf(fixture)
  const one = await coordinator({
    greetings: { perSecond: 0.001, atOnce: 3 },
    machines: { authority, identities: { get: (role, host) => identities.get(role, host).finally(() => asked.push(host)) } },
  })
  for (let nth = 1; nth <= 3; nth += 1) await one.agent('eager').say(hello()).hears('welcome')
  const before = asked.length
  for (let nth = 1; nth <= 3; nth += 1) expect(await one.agent('eager').say(hello()).ended).toMatchObject({ code: UNAVAILABLE, details: TOO_MANY })
  expect(asked).toHaveLength(before)
  await one.agent('other').say(hello()).hears('welcome')
})

it('a machine that calls itself something else, long and often, fills no log', async () => {
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const one = await coordinator({ greetings: { perSecond: 0.001, atOnce: 3 }, log })
  const shown = one.machines.of('eager')
  for (let nth = 1; nth <= 3; nth += 1) await one.agent('x'.repeat(500_000), shown).say(hello()).hears('refusal')
  for (let nth = 1; nth <= 3; nth += 1) expect(await one.agent('victim', shown).say(hello()).ended).toMatchObject({ code: UNAVAILABLE, details: TOO_MANY })
  const refusals = lines.filter((line) => line.includes('an agent was refused'))
  expect([refusals.length, lines.length]).toEqual([3, 3])
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(1000)
})
