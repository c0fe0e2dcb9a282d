import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SEND_WITHIN_MS } from '../../../coordinator/api/sessions/session.ts'
import type { SessionServerOptions } from '../../../coordinator/api/sessions/server.ts'
import { MAX_INSTALLED, MAX_LABELS, MAX_OPEN_COMMANDS, MAX_WORD_CHARS } from '../../../coordinator/api/sessions/greeting.ts'
import { problem } from '../../../shared/errors.ts'
import type { AgentMessage } from '../../../shared/message.ts'
import { FRAME_MAX_BYTES } from '../../../shared/proto.ts'
import { agentFrame } from '../../../shared/wire.ts'
import { commandIdIn } from '../../../shared/order.ts'
import { commandOf, signed } from '../hosts/commands.ts'
import { greeting } from '../hosts/greetings.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import { hello } from './agent.ts'
import { startCoordinator } from './coordinators.ts'
import type { Coordinator } from './coordinators.ts'

const OK = 0
const RESOURCE_EXHAUSTED = 8
const UNAVAILABLE = 14

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

describe('a greeting', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`)
  const tooManyLabels = Object.fromEntries(many(MAX_LABELS + 1).map((key) => [key, 'x']))
  const tooMuchInstalled = many(MAX_INSTALLED + 1).map((service) => ({ service, revision: 'r', version: '1', findings: [] }))
  const tooManyOpen = many(MAX_OPEN_COMMANDS + 1).map((id) => ({ id, claimed: false }))
  const endless = { ...greeting.facts, os: 'x'.repeat(MAX_WORD_CHARS + 1) }
  const installed = (service: string, version: string) => hello({ installed: [{ service, revision: 'r', version, findings: [] }] })

  it.each<[string, string, AgentMessage, string]>([
    ['is not the first frame', 'h1', { kind: 'accepted', id: 'web-1/h1/1' }, 'not a greeting'],
    ['has no host', '', hello(), '"" cannot name a host'],
    ['has a host in upper case', 'Web-1', hello(), '"Web-1" cannot name a host; expected lower-case letters'],
    ['has a host that leaves its place', '../h1', hello(), 'cannot name a host'],
    ['has a host that breaks a key', 'h1}:x', hello(), 'cannot name a host'],
    ['has too long a host', 'h'.repeat(64), hello(), 'cannot name a host'],
    ['has a label with a bad key', 'h1', hello({ labels: { DC: 'fra' } }), 'labels.DC is not right; expected a key of lower-case'],
    ['has a label with a bad value', 'h1', hello({ labels: { dc: 'a b' } }), 'labels.dc is not right; expected a value of letters'],
    ['has too many labels', 'h1', hello({ labels: tooManyLabels }), `labels is not right; expected at most ${MAX_LABELS} labels`],
    ['has an endless fact', 'h1', hello({ facts: endless }), 'facts.os is not right; expected at most'],
    ['has a service that is no name', 'h1', installed('a/b', '1'), 'installed.0.service is not right; expected the name of a service'],
    ['has a version that is none', 'h1', installed('a', '../1'), 'installed.0.version is not right; expected a version'],
    ['has too much installed', 'h1', hello({ installed: tooMuchInstalled }), `installed is not right; expected at most ${MAX_INSTALLED}`],
    ['has too many open commands', 'h1', hello({ open: tooManyOpen }), `open is not right; expected at most ${MAX_OPEN_COMMANDS}`],
  ])('that %s is refused, and nothing is kept of it', async (_what, host, message, says) => {
    const agent = one.agent(host).say(message)
    const refusal = await agent.hears('refusal')
    expect(refusal.code).toBe('session_refused')
    expect(refusal.message).toContain(says)
    expect((await agent.ended).code).toBe(OK)
    expect(agent.heard).toHaveLength(1)
    expect((await fixture.redis.keys('*')).filter((key) => !key.startsWith('{identity}'))).toEqual([])
  })

  it('has to come soon', async () => {
    const impatient = await startCoordinator(fixture, 'impatient', { helloWithinMs: 30 })
    const agent = impatient.agent('h1')
    expect((await agent.hears('refusal')).message).toBe('no greeting has come; expected one within 0.03 s')
    await agent.ended
    await impatient.stop()
  })

  it('comes once', async () => {
    const agent = one.agent('h1').say(hello(), hello())
    expect((await agent.hears('refusal')).message).toContain('the second')
    await agent.ended
  })

  it('when Redis cannot record it ends the stream as unavailable, so that the agent tries again', async () => {
    const open = () => Promise.reject(problem('unavailable', 'Redis does not answer'))
    const failing = await startCoordinator(fixture, 'failing', { registry: { last: () => Promise.resolve(null), open, close: () => Promise.resolve() } })
    const agent = failing.agent('h1').say(hello())
    expect(await agent.ended).toMatchObject({ code: UNAVAILABLE, details: 'unavailable: Redis does not answer' })
    await failing.stop()
  })
})

describe('a session', () => {
  it('cannot speak for another host', async () => {
    const agent = one.agent('h1').say(hello())
    await agent.hears('welcome')
    agent.sayFrame(agentFrame('h2', { kind: 'accepted', id: 'web-1/h2/1' }))
    expect((await agent.hears('refusal')).message).toContain('cannot speak for another host')
  })

  it('passes over what it does not know', async () => {
    const agent = one.agent('h1').say(hello())
    await agent.hears('welcome')
    agent.sayFrame({ host: 'h1' })
    agent.say({ kind: 'claim', id: 'web-1/h1/1', installed: null })
    expect(await agent.hears('withdraw')).toEqual({ kind: 'withdraw', id: 'web-1/h1/1' })
  })

  it('ends when a frame is too large', async () => {
    const agent = one.agent('h1').say(hello())
    await agent.hears('welcome')
    const tail = Buffer.alloc(FRAME_MAX_BYTES + 1)
    agent.say({ kind: 'output', output: { id: 'web-1/h1/1', step: 'start', tail, totalBytes: 1 } })
    expect((await agent.ended).code).toBe(RESOURCE_EXHAUSTED)
  })

  it.each(['one', 'two'])('ends when the same host connects again, at coordinator %s', async (which) => {
    const earlier = one.agent('h1').say(hello())
    await earlier.hears('welcome')
    const later = (which === 'one' ? one : two).agent('h1').say(hello())
    expect((await later.hears('welcome')).epoch).toBe(2)
    expect(await earlier.hears('refusal')).toMatchObject({ code: 'session_refused', message: expect.stringContaining('h1 has connected again') })
    await earlier.ended
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    await later.hears('order')
    expect((await one.hosts.get('h1'))?.session).toMatchObject({ coordinator: which, epoch: 2 })
  })

  it('ends when its agent does not read for long, and until then waits with what there is to send', async () => {
    let now = Date.now()
    const patient = await startCoordinator(fixture, 'patient', { clock: () => now, lookEveryMs: 60 })
    const agent = patient.agent('h1').say(hello())
    await agent.hears('welcome')
    agent.stopReading()
    for (let attempt = 1; attempt <= 40; attempt += 1) {
      const command = commandOf('h1', 'web-1', attempt)
      await patient.mailbox.put('h1', ...signed({ ...command, action: { kind: 'exec', command: 'x'.repeat(400_000) } }))
    }
    expect((await patient.hosts.get('h1'))?.session).not.toBeNull()
    await expect.poll(async () => {
      now += SEND_WITHIN_MS / 2
      return (await patient.hosts.get('h1'))?.session
    }, { timeout: 20_000 }).toBeNull()
    await patient.stop()
  })

  it('that ended while it was being recorded is taken off the record as well', async () => {
    const held = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const left = Promise.withResolvers<string>()
    const registry: SessionServerOptions['registry'] = {
      last: () => Promise.resolve(null),
      async open(host) {
        asked.resolve()
        if (host === 'h1') await held.promise
        return 0
      },
      close: (host) => Promise.resolve(left.resolve(host)),
    }
    const slow = await startCoordinator(fixture, 'slow', { registry })
    const agent = slow.agent('h1').say(hello())
    await asked.promise
    agent.drop()
    await slow.agent('h2').say(hello()).hears('welcome')
    held.resolve()
    expect(await left.promise).toBe('h1')
    await slow.stop()
  })

  it('that no rollout can be told of ends, so that its agent comes again', async () => {
    const reports = { report: () => Promise.resolve('posted' as const), hostConnected: () => Promise.reject(problem('unavailable', 'Redis does not answer')) }
    const untold = await startCoordinator(fixture, 'untold', { reports })
    expect((await untold.agent('h1').say(hello()).ended).code).toBe(UNAVAILABLE)
    await untold.stop()
  })

  it.each(['hangUp', 'drop'] as const)('that its agent ends (%s) is taken off the record', async (ends) => {
    const agent = one.agent('h1').say(hello())
    await agent.hears('welcome')
    expect((await one.hosts.get('h1'))?.session).toMatchObject({ coordinator: 'one', epoch: 1 })
    await agent[ends]()
    await expect.poll(async () => (await one.hosts.get('h1'))?.session, { timeout: 20_000 }).toBeNull()
  })
})

it('500 hosts that connect at once all get their session and their command', async () => {
  const names = Array.from({ length: 500 }, (_, index) => `h${index}`)
  await Promise.all(names.map((host) => one.mailbox.put(host, ...signed(commandOf(host)))))
  const agents = names.map((host, index) => (index % 2 ? one : two).agent(host).say(hello()))
  const commands = await Promise.all(agents.map(async (agent) => commandIdIn((await agent.hears('order')).order.order)))
  expect(commands).toEqual(names.map((host) => commandOf(host).id))
  expect(await one.hosts.connected(names, Date.now())).toEqual(new Set(names))
  // a thousand handshakes, however busy the machine is
}, 120_000)

it('a coordinator that stops sends its agents away, and leaves no session on the record', async () => {
  const agents = ['h1', 'h2'].map((host) => one.agent(host).say(hello()))
  const silent = one.agent('silent')
  await Promise.all(agents.map((agent) => agent.hears('welcome')))
  await one.server.close(5000)
  for (const agent of [...agents, silent]) expect((await agent.ended).code).toBe(UNAVAILABLE)
  expect((await two.hosts.all()).map(({ session }) => session)).toEqual([null, null])
  await two.agent('h1').say(hello()).hears('welcome')
})

it('an address that cannot be had is refused with its name', async () => {
  setLogVerbosity(logVerbosity.NONE)
  await expect(two.server.listen({ host: '127.0.0.1', port: one.port })).rejects.toThrow(`cannot listen on 127.0.0.1:${one.port}`)
})
