import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OUTPUT_TAIL_BYTES } from '../../../shared/command.ts'
import type { Finding, Result, Step } from '../../../shared/command.ts'
import { problem } from '../../../shared/errors.ts'
import type { AgentMessage } from '../../../shared/message.ts'
import { commandOf, signed } from '../hosts/commands.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import { hello } from './agent.ts'
import type { Agent } from './agent.ts'
import { startCoordinator } from './coordinators.ts'
import type { Coordinator } from './coordinators.ts'

const id = commandOf('h1').id
const UNAVAILABLE = 14

let fixture: RedisFixture
let coordinator: Coordinator
let now: number

beforeEach(async () => {
  fixture = await startRedis()
  now = 1_700_000_000_000
  coordinator = await startCoordinator(fixture, 'one', { clock: () => now })
})
afterEach(async () => {
  await coordinator.stop()
  await fixture.stop()
})

async function atWork(): Promise<Agent> {
  await coordinator.mailbox.put('h1', ...signed(commandOf('h1')))
  const agent = coordinator.agent('h1').say(hello())
  await agent.hears('order')
  return agent
}

function result(more: Partial<Result> = {}): AgentMessage {
  const passed = { verdict: 'succeeded', step: null, exitCode: 0, message: 'web 2.0.0 runs', revert: 'not-needed', changed: true } as const
  return { kind: 'result', result: { id, ...passed, durationMs: 900, installed: null, ...more } }
}

function progress(step: Step | null, bytesDone = 0, bytesTotal = 0): AgentMessage {
  return { kind: 'progress', progress: { id, step, bytesDone, bytesTotal, transfer: null } }
}

describe('a result', () => {
  const failed = { step: 'check', exitCode: 3, message: 'check: not healthy', revert: 'succeeded' } as const

  it.each([
    ['succeeded', {}, { type: 'TaskSucceeded', changed: true }],
    ['succeeded', { changed: false }, { type: 'TaskSucceeded', changed: false }],
    ['failed', failed, { type: 'TaskFailed', verdict: 'failed', ...failed }],
    ['timed-out', failed, { type: 'TaskFailed', verdict: 'timed-out', ...failed }],
    ['unknown', failed, { type: 'TaskFailed', verdict: 'unknown', ...failed }],
  ] as const)('%s %j is reported, then acknowledged', async (verdict, more, event) => {
    const agent = await atWork()
    agent.say(result({ verdict, ...more }))
    expect(await agent.hears('result-ack')).toEqual({ kind: 'result-ack', id })
    expect(coordinator.reports.events).toEqual([{ host: 'h1', attempt: 1, ...event }])
  })

  it('is not acknowledged before it is durable', async () => {
    const agent = await atWork()
    const posted = Promise.withResolvers<'posted'>()
    coordinator.reports.answer = () => posted.promise
    agent.say(result())
    await coordinator.mailbox.put('h1', ...signed(commandOf('h1', 'mail-1')))
    await agent.hears('order', 2)
    expect(agent.of('result-ack')).toEqual([])
    posted.resolve('posted')
    await agent.hears('result-ack')
  })

  it('that could not be kept is not acknowledged; the session ends, and in the next one it goes through', async () => {
    const agent = await atWork()
    coordinator.reports.answer = () => Promise.reject(problem('unavailable', 'Redis does not answer'))
    agent.say(result())
    expect(await agent.ended).toMatchObject({ code: UNAVAILABLE, details: 'unavailable: Redis does not answer' })
    expect(agent.of('result-ack')).toEqual([])
    coordinator.reports.answer = () => Promise.resolve('posted')
    const again = coordinator.agent('h1').say(hello({ open: [{ id, claimed: true }] }), result())
    await again.hears('result-ack')
    expect(coordinator.reports.events).toMatchObject([{ type: 'SlotHeld', host: 'h1', attempt: 1 }, { type: 'TaskSucceeded', host: 'h1', attempt: 1 }])
  })

  it('that fails in a way nobody foresaw says nothing of it to the agent', async () => {
    const agent = await atWork()
    coordinator.reports.answer = () => Promise.reject(new Error('secret'))
    agent.say(result())
    expect(await agent.ended).toMatchObject({ code: 13, details: 'internal: the coordinator failed; its log says how' })
  })

  it.each([
    ['of a rollout that is no more', result(), 1],
    ['of a command that was withdrawn', result({ verdict: 'withdrawn' }), 0],
    ['of another host', result({ id: 'web-1/h2/1' }), 0],
    ['of nothing that could be a command', result({ id: '../../etc' }), 0],
  ])('%s is acknowledged, so that the agent can forget it', async (_what, message, reported) => {
    const agent = await atWork()
    coordinator.reports.answer = () => Promise.resolve('unknown-rollout')
    agent.say(message)
    await agent.hears('result-ack')
    expect(coordinator.reports.events).toHaveLength(reported)
  })

  it('is over: its command is not withdrawn when it leaves the mailbox', async () => {
    const agent = await atWork()
    agent.say(result())
    await agent.hears('result-ack')
    await coordinator.mailbox.close('h1', id)
    for (const [nth, rollout] of [[2, 'mail-1'], [3, 'mail-2']] as const) {
      await coordinator.mailbox.put('h1', ...signed(commandOf('h1', rollout)))
      await agent.hears('order', nth)
    }
    expect(agent.of('withdraw')).toEqual([])
  })
})

it('messages are taken one at a time and in order, however long one takes', async () => {
  const agent = await atWork()
  let underway = 0
  let most = 0
  coordinator.reports.answer = async () => {
    most = Math.max(most, ++underway)
    await fixture.redis.ping()
    underway -= 1
    return 'posted'
  }
  const steps: Step[] = ['fetch', 'unpack', 'stop', 'switch', 'start', 'check']
  agent.say(...steps.map((step) => progress(step)), result())
  await agent.hears('result-ack')
  expect(coordinator.reports.events.map((event) => ('step' in event ? event.step : event.type))).toEqual([...steps, 'TaskSucceeded'])
  expect(most).toBe(1)
})

describe('progress', () => {
  it('reports each step once, and none that the rollout knows of anyway', async () => {
    const agent = await atWork()
    agent.say(progress('preflight'), progress('fetch'), progress('fetch', 5, 10), progress(null), progress('fetch', 6, 10))
    agent.say(progress('unpack'), progress('claim'), progress('stop'), result())
    await agent.hears('result-ack')
    const started = ['fetch', 'unpack', 'stop'].map((step) => ({ type: 'StepStarted', host: 'h1', attempt: 1, step }))
    expect(coordinator.reports.events.slice(0, -1)).toEqual(started)
  })

  it('of bytes is kept, with where they came from, if the agent says so', async () => {
    const agent = await atWork()
    const transfer = { fromPeersBytes: 4, fromRelayBytes: 1, fromOriginBytes: 0, reusedBytes: 1, delta: true, bytesPerSecond: 3 }
    agent.say(progress('fetch', 1, 10), { kind: 'progress', progress: { id, step: 'fetch', bytesDone: 6, bytesTotal: 10, transfer } }, result())
    await agent.hears('result-ack')
    await coordinator.fetches.flush()
    expect(await coordinator.fetches.of('web-1', ['h1'])).toEqual(new Map([['h1', { bytesDone: 6, bytesTotal: 10, ...transfer }]]))
    expect(await coordinator.fetches.total('web-1')).toMatchObject({ hosts: 1, deltas: 1, bytesDone: 6, bytesTotal: 10, peers: 4, relay: 1, origin: 0, reused: 1 })
  })
})

describe('output', () => {
  const output = (text: string, more: { id?: string; step?: Step | null } = {}): AgentMessage => (
    { kind: 'output', output: { id, step: 'start', tail: Buffer.from(text), totalBytes: 100_000, ...more } }
  )

  it('is kept, and no more of it than the tail', async () => {
    const agent = await atWork()
    agent.say(output(`${'x'.repeat(OUTPUT_TAIL_BYTES)}ready ✓\n`), output('no step', { step: null }), result())
    await agent.hears('result-ack')
    const [kept, ...others] = await coordinator.outputs.of('web-1', 'h1')
    expect(others).toEqual([])
    expect(kept).toMatchObject({ attempt: 1, step: 'start', totalBytes: 100_000, atMs: now })
    expect(kept?.tail).toMatch(/^x+ready ✓\n$/)
    expect(Buffer.byteLength(kept?.tail ?? '')).toBe(OUTPUT_TAIL_BYTES)
  })

  it('of what the host was never given is ignored, and so is progress', async () => {
    const agent = await atWork()
    const elsewhere = { id: 'web-7/h1/1', step: 'stop', bytesDone: 0, bytesTotal: 0, transfer: null } as const
    agent.say(output('x', { id: 'web-1/h2/1' }), output('x', { id: 'web-7/h1/1' }), { kind: 'progress', progress: elsewhere }, result())
    await agent.hears('result-ack')
    expect(await fixture.redis.keys('{r:*')).toEqual([])
    expect(coordinator.reports.events.map(({ type }) => type)).toEqual(['TaskSucceeded'])
  })

  it('that cannot be kept fails nothing', async () => {
    const failing = () => Promise.reject(new Error('full'))
    const outputs = { ...coordinator.outputs, put: failing }
    const other = await startCoordinator(fixture, 'two', { outputs })
    await other.mailbox.put('h1', ...signed(commandOf('h1')))
    const agent = other.agent('h1').say(hello())
    await agent.hears('order')
    agent.say(output('x'), progress('fetch', 1, 10), result())
    expect((await agent.hears('result-ack')).id).toBe(id)
    await other.stop()
  })
})

describe('heartbeats', () => {
  it('show in the registry what the host says of itself', async () => {
    const agent = await atWork()
    now += 5000
    const load = { load1: 1.5, memoryFreeBytes: 10, diskFreeBytes: 20, runningCommands: 1 }
    agent.say({ kind: 'heartbeat', heartbeat: { ...load, installed: [{ service: 'web', revision: 'r2', version: '2.0.0', findings: [] }] } }, result({ changed: false }))
    await agent.hears('result-ack')
    await coordinator.heartbeats.flush()
    expect(await coordinator.hosts.get('h1')).toMatchObject({ load, seenAtMs: now, installed: [{ service: 'web', revision: 'r2', version: '2.0.0', findings: [] }] })
    expect(await coordinator.hosts.connected(['h1'], now)).toEqual(new Set(['h1']))
  })

  it('a result says at once what its service is now, and leaves the others', async () => {
    const agent = await atWork()
    const after = async (nth: number, more: Partial<Result>) => {
      let seen: unknown
      coordinator.reports.answer = async () => {
        seen = (await coordinator.hosts.get('h1'))?.installed
        return 'posted'
      }
      agent.say(result(more))
      await agent.hears('result-ack', nth)
      return seen
    }
    const web = (version: string) => ({ service: 'web', revision: `r${version}`, version, findings: [] })
    const mail = { service: 'mail', revision: 'm1', version: '1.0.0', findings: [] }
    expect(await after(1, { id: 'mail-1/h1/1', installed: mail })).toMatchObject([{ service: 'web', revision: 'r1' }, mail])
    expect(await after(2, { installed: web('2') })).toMatchObject([mail, web('2')])
    expect(await after(3, { verdict: 'failed', installed: null, changed: false })).toMatchObject([mail, web('2')])
    expect(await after(4, { installed: null, changed: true })).toMatchObject([mail])
  })

  it('date what they say: since when a revision runs, and since when it is not as it was put there', async () => {
    const agent = await atWork()
    const after = async (nth: number, findings: Finding[], revision = 'r1') => {
      now += 1000
      const installed = [{ service: 'web', revision, version: '1.0.0', findings }]
      agent.say({ kind: 'heartbeat', heartbeat: { load1: 0, memoryFreeBytes: 1, diskFreeBytes: 1, runningCommands: 0, installed } }, result({ changed: false }))
      await agent.hears('result-ack', nth)
      await coordinator.heartbeats.flush()
      return (await coordinator.hosts.get('h1'))?.installed[0]?.sinceMs
    }
    const [changed, gone] = [{ kind: 'files' as const, message: 'main.js changed' }, { kind: 'files' as const, message: 'lib.js gone' }]
    expect(await after(1, [])).toBe(now - 1000)
    const foundAtMs = await after(2, [changed])
    expect(foundAtMs).toBe(now)
    expect(await after(3, [changed, gone])).toBe(foundAtMs)
    expect(await after(4, [])).toBe(now)
    expect(await after(5, [], 'r2')).toBe(now)
    const { entries } = await coordinator.history.of('h1', { limit: 10, before: null })
    expect(entries.flatMap((entry) => (entry.kind === 'found' ? [entry.findings] : []))).toEqual([[], [changed.message, gone.message], [changed.message]])
  })

  it('that say nonsense about what is installed are still signs of life', async () => {
    const agent = await atWork()
    const before = await coordinator.hosts.get('h1')
    now += 5000
    const installed = [{ service: '../x', revision: '', version: '', findings: [] }]
    agent.say({ kind: 'heartbeat', heartbeat: { load1: 0, memoryFreeBytes: 1, diskFreeBytes: 1, runningCommands: 0, installed } }, result({ changed: false }))
    await agent.hears('result-ack')
    await coordinator.heartbeats.flush()
    expect(await coordinator.hosts.get('h1')).toMatchObject({ seenAtMs: now, installed: before?.installed })
  })
})

it('rollouts that wait for the host hear of each of its sessions', async () => {
  const agent = await atWork()
  await coordinator.reports.until(() => coordinator.reports.connected.length === 1)
  await agent.hangUp()
  coordinator.agent('h1').say(hello())
  await coordinator.reports.until(() => coordinator.reports.connected.length === 2)
  expect(coordinator.reports.connected).toEqual(['h1', 'h1'])
})
