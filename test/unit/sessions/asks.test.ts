/** What hosts are asked at once: through another coordinator than the one that holds the stream, part by part, and with an end in every case. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fullOutput } from '../../../coordinator/engine/full-output.ts'
import { MAX_KEPT_OUTPUTS } from '../../../coordinator/engine/ports/outputs.ts'
import { OUTPUT_PART_BYTES } from '../../../shared/command.ts'
import type { CoordinatorMessage } from '../../../shared/message.ts'
import { commandOf, signed } from '../hosts/commands.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import { hello } from './agent.ts'
import type { Agent } from './agent.ts'
import { startCoordinator } from './coordinators.ts'
import type { Coordinator } from './coordinators.ts'

const NAME = { attempt: 1, step: 'check' as const }
const LONG_MS = 60_000
const { id } = commandOf('h1')
const web = { id: 'web-1', kind: 'deploy' as const }

let fixture: RedisFixture
let one: Coordinator
let two: Coordinator

beforeEach(async () => {
  fixture = await startRedis()
  one = await startCoordinator(fixture, 'one')
  two = await startCoordinator(fixture, 'two')
})
afterEach(async () => {
  await Promise.all([one.stop(), two.stop()])
  await fixture.stop()
})

type Asked = Extract<CoordinatorMessage, { kind: 'read-output' }>

/** Answers `count` questions from `file` as an agent does. @returns what it was asked */
async function serveOutput(agent: Agent, file: Uint8Array, count: number): Promise<Asked[]> {
  const asked: Asked[] = []
  for (let nth = 1; nth <= count; nth++) {
    const question = await agent.hears('read-output', nth)
    asked.push(question)
    const bytes = file.subarray(question.offset, question.offset + question.limitBytes)
    agent.say({ kind: 'output-part', part: { ask: question.ask, bytes, totalBytes: file.length, found: true } })
  }
  return asked
}

async function read(coordinator: Coordinator, host = 'h1'): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(fullOutput(coordinator, web, host, NAME)))
}

function failed(): Parameters<Agent['say']>[0] {
  return {
    kind: 'result',
    result: {
      id, verdict: 'failed', step: 'check', exitCode: 3, message: 'check: exit 3', revert: 'succeeded', changed: true, durationMs: 9, installed: null,
    },
  }
}

describe('an output', () => {
  it('comes part by part, one question at a time, whichever coordinator is asked', async () => {
    const file = Buffer.alloc(2 * OUTPUT_PART_BYTES + 17, 'line\n')
    const agent = one.agent('h1').say(hello())
    await agent.hears('welcome')
    const reading = read(two)
    const asked = await serveOutput(agent, file, 3)
    expect((await reading).equals(file)).toBe(true)
    expect(asked.map(({ id: command, offset, limitBytes }) => [command, offset, limitBytes])).toEqual(
      [0, 1, 2].map((part) => ['web-1/h1/1', part * OUTPUT_PART_BYTES, OUTPUT_PART_BYTES]))
    expect(agent.of('read-output')).toHaveLength(3)
  })

  it('that is empty, or not there, is told apart', async () => {
    const agent = one.agent('h1').say(hello())
    await agent.hears('welcome')
    const empty = read(one)
    await serveOutput(agent, Buffer.alloc(0), 1)
    expect(await empty).toHaveLength(0)
    const gone = read(one).catch((error: unknown) => error)
    const { ask } = await agent.hears('read-output', 2)
    agent.say({ kind: 'output-part', part: { ask, bytes: new Uint8Array(), totalBytes: 0, found: false } })
    expect(await gone).toMatchObject({ problem: { code: 'output_unknown' } })
  })

  it('of a failed step is brought here at once, and is there when the host is not', async () => {
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    const agent = one.agent('h1').say(hello())
    await agent.hears('order')
    agent.say(failed())
    await agent.hears('result-ack')
    await serveOutput(agent, Buffer.from('all of it\n'), 1)
    await expect.poll(() => one.outputs.kept('web-1', 'h1', NAME)).not.toBeNull()
    await agent.hangUp()
    await expect.poll(async () => (await one.hosts.get('h1'))?.session).toBeNull()
    expect((await read(two)).toString()).toBe('all of it\n')
  })

  it('is not fetched in vain where enough has been kept', async () => {
    for (let host = 1; host <= MAX_KEPT_OUTPUTS; host++) await one.outputs.keep('web-1', `other-${host}`, NAME, Buffer.from('x'))
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    const agent = one.agent('h1').say(hello())
    await agent.hears('order')
    agent.say(failed())
    await agent.hears('result-ack')
    const asked = two.asks.ask('h1', { kind: 'inspect', service: 'web' }, LONG_MS)
    const { ask } = await agent.hears('inspect')
    agent.say({ kind: 'inspected', inspected: { ask, service: 'web', findings: [] } })
    await asked
    expect(agent.of('read-output')).toEqual([])
  })

  it('that is too long is kept by its end', async () => {
    const file = Buffer.alloc(OUTPUT_PART_BYTES + 1000, 'a')
    file.write('the end', file.length - 7)
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    const agent = one.agent('h1').say(hello())
    await agent.hears('order')
    agent.say(failed())
    await serveOutput(agent, file, 2)
    await expect.poll(() => one.outputs.kept('web-1', 'h1', NAME)).not.toBeNull()
    const kept = Buffer.from((await one.outputs.kept('web-1', 'h1', NAME))!)
    expect(kept.equals(file.subarray(1000))).toBe(true)
  })
})

describe('a question', () => {
  const question = { kind: 'inspect', service: 'web' } as const

  it('what is found when it is asked shows in the registry before the answer is there', async () => {
    const agent = one.agent('h1').say(hello())
    await agent.hears('welcome')
    const answer = two.asks.ask('h1', question, LONG_MS)
    const { ask, service } = await agent.hears('inspect')
    const findings = [{ kind: 'files' as const, message: 'srv: gone: main.js' }]
    agent.say({ kind: 'inspected', inspected: { ask, service, findings } })
    expect(await answer).toEqual({ kind: 'inspect', findings })
    expect((await two.hosts.get('h1'))?.installed[0]).toMatchObject({ service: 'web', findings })
  })

  it('to a host without a session is refused at once', async () => {
    await expect(two.asks.ask('h1', question, LONG_MS)).rejects.toMatchObject({ problem: { code: 'host_away' } })
  })

  it('to a host whose coordinator is gone without a word is refused at once', async () => {
    await fixture.redis.hset('{hosts}:sessions', 'h1', '1 1 nobody')
    await expect(two.asks.ask('h1', question, LONG_MS)).rejects.toMatchObject({ problem: { code: 'host_away', message: expect.stringContaining('gone') } })
  })

  it('ends when the session does', async () => {
    const agent = one.agent('h1').say(hello())
    await agent.hears('welcome')
    const answer = two.asks.ask('h1', question, LONG_MS).catch((error: unknown) => error)
    await agent.hears('inspect')
    await agent.hangUp()
    expect(await answer).toMatchObject({ problem: { code: 'host_away' } })
  })

  it('ends when its time is over, and a late answer to it is let go', async () => {
    const agent = one.agent('h1').say(hello())
    await agent.hears('welcome')
    const answer = two.asks.ask('h1', question, 50).catch((error: unknown) => error)
    expect(await answer).toMatchObject({ problem: { code: 'host_away', message: 'h1 has not answered' } })
    const { ask, service } = await agent.hears('inspect')
    agent.say({ kind: 'inspected', inspected: { ask, service, findings: [] } })
    const next = two.asks.ask('h1', question, LONG_MS)
    const second = await agent.hears('inspect', 2)
    agent.say({ kind: 'inspected', inspected: { ask: second.ask, service, findings: [] } })
    expect(await next).toEqual({ kind: 'inspect', findings: [] })
  })
})
