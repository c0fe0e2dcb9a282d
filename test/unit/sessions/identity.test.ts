/** Who is let in, and who is not: real certificates over real connections. */
import { credentials } from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { revoke } from '../../../coordinator/engine/revoke.ts'
import { agentFrame } from '../../../shared/wire.ts'
import { machine, makeKeys } from '../../keys.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import { Agent, hello } from './agent.ts'
import { startCoordinator } from './coordinators.ts'
import type { Coordinator } from './coordinators.ts'

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

const hosts = async () => (await one.hosts.all()).map(({ host }) => host)

describe('nobody hears a word who shows', () => {
  it('no certificate', async () => {
    const agent = one.agent('h1', Promise.resolve(null)).say(hello())
    expect((await agent.ended).code).toBe(UNAVAILABLE)
    expect(agent.heard).toEqual([])
  })

  it('no TLS', async () => {
    const agent = new Agent(one.port, 'h1', Promise.resolve(credentials.createInsecure())).say(hello())
    expect((await agent.ended).code).toBe(UNAVAILABLE)
    expect(agent.heard).toEqual([])
    agent.drop()
  })

  it('a certificate that it has made itself, with an authority of its own', async () => {
    await one.machines.of('h1')
    const agent = one.agent('h1', machine(await makeKeys(), 'h1')).say(hello())
    expect((await agent.ended).code).toBe(UNAVAILABLE)
    expect(agent.heard).toEqual([])
    expect(await hosts()).toEqual([])
  })
})

describe('a session is refused, and nothing is kept of it, when', () => {
  async function refused(agent: Agent): Promise<string> {
    const { code, message } = await agent.say(hello()).hears('refusal')
    await agent.ended
    expect(agent.heard).toHaveLength(1)
    expect(await hosts()).toEqual([])
    return `${code}: ${message}`
  }

  it('the certificate is for another host', async () => {
    await one.machines.of('h1')
    const says = await refused(one.agent('h1', one.machines.of('h2')))
    expect(says).toBe('session_refused: the certificate is for "h2", and the agent calls itself "h1"; expected h2')
  })

  it('the certificate is that of a relay', async () => {
    await one.machines.of('h1')
    expect(await refused(one.agent('h1', machine(one.machines.keys, 'h1', 'relay')))).toContain('session_refused: the certificate is that of a relay')
  })

  it('the identity is gone', async () => {
    await one.machines.of('h1')
    await one.machines.identities.remove('agent', 'h1')
    expect(await refused(one.agent('h1'))).toMatch(/^identity_unknown: h1 has no identity here: it was removed; expected .*--join TOKEN/)
  })

  it('the identity has another key since', async () => {
    const first = one.machines.of('h1')
    await first
    await one.machines.join('h1')
    expect(await refused(one.agent('h1', first))).toContain('identity_unknown: h1 has joined anew with another key')
    await one.agent('h1').say(hello()).hears('welcome')
  })

  it('the certificate was issued, and no identity ever recorded', async () => {
    expect(await refused(one.agent('h9', machine(one.machines.keys, 'h9')))).toContain('identity_unknown')
  })
})

it('who shows its own certificate speaks for no other host later on either', async () => {
  await one.machines.of('h2')
  const agent = one.agent('h1').say(hello())
  await agent.hears('welcome')
  agent.sayFrame(agentFrame('h2', { kind: 'result', result: { ...failed, id: 'web-1/h2/1' } }))
  expect((await agent.hears('refusal')).message).toContain('cannot speak for another host')
  expect(one.reports.events).toEqual([])
})

const failed = {
  verdict: 'failed', step: 'start', exitCode: 1, message: '', revert: 'succeeded', changed: true, durationMs: 1, installed: null,
} as const

describe('a host that is removed', () => {
  const gone = { role: 'agent', mark: { atMs: 1, by: 'ann', reason: null } } as const
  const ports = () => ({ identities: one.machines.identities, hosts: two.hosts })

  it('has its session ended at once, wherever it is, and cannot come back', async () => {
    const patient = await startCoordinator(fixture, 'patient', { lookEveryMs: 3_600_000 })
    const agent = patient.agent('h1').say(hello())
    await agent.hears('welcome')
    expect(await revoke(ports(), 'h1', gone)).toBe(true)
    expect((await agent.hears('refusal')).message).toContain('h1 has connected again or was removed')
    await agent.ended
    expect((await one.agent('h1').say(hello()).hears('refusal')).code).toBe('identity_unknown')
    expect(await one.hosts.get('h1')).toMatchObject({ session: null, revoked: { by: 'ann' } })
    await patient.stop()
  })

  it('while its session begins is not let in', async () => {
    const registry: Parameters<typeof startCoordinator>[2] = {
      registry: {
        last: () => Promise.resolve(null),
        async open() {
          await revoke(ports(), 'h1', gone)
          return 7
        },
        close: (host, epoch) => Promise.resolve(closed.resolve(`${host} ${epoch}`)),
      },
    }
    const closed = Promise.withResolvers<string>()
    const slow = await startCoordinator(fixture, 'slow', registry)
    const agent = slow.agent('h1').say(hello())
    expect((await agent.hears('refusal')).code).toBe('identity_unknown')
    expect(agent.of('welcome')).toEqual([])
    expect(await closed.promise).toBe('h1 7')
    await slow.stop()
  })

  it('and joins anew is let in with its new certificate, and with no other', async () => {
    const former = one.machines.of('h1')
    const agent = one.agent('h1').say(hello())
    await agent.hears('welcome')
    await revoke(ports(), 'h1', gone)
    await agent.ended
    await one.machines.join('h1')
    expect((await two.agent('h1', former).say(hello()).hears('refusal')).code).toBe('identity_unknown')
    await two.agent('h1').say(hello()).hears('welcome')
    expect(await one.hosts.get('h1')).toMatchObject({ revoked: null, session: { coordinator: 'two' } })
  })
})

describe('labels that were bound when a host joined', () => {
  it('are its labels, whatever it claims; what it claims is shown', async () => {
    await one.machines.join('h1', { env: 'dev', dc: 'fra' })
    await one.agent('h1').say(hello({ labels: { env: 'prod', dc: 'fra', rack: 'b2' } })).hears('welcome')
    expect(await one.hosts.get('h1')).toMatchObject({ labels: { env: 'dev', dc: 'fra', rack: 'b2' }, ignoredLabels: { env: 'prod' } })
  })

  it('of keys that only a token can give are not had by a host whose token gave none', async () => {
    const strict = await startCoordinator(fixture, 'strict', { boundLabels: ['env', 'dc'] })
    await one.machines.join('h1', { dc: 'fra' })
    await strict.agent('h1').say(hello({ labels: { env: 'prod', rack: 'b2' } })).hears('welcome')
    expect(await one.hosts.get('h1')).toMatchObject({ labels: { dc: 'fra', rack: 'b2' }, ignoredLabels: { env: 'prod' } })
    await strict.stop()
  })
})
