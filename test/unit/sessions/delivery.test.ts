import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testKeys } from '../../keys.ts'
import { commandOf, orderFor, signed } from '../hosts/commands.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import { hello } from './agent.ts'
import { startCoordinator } from './coordinators.ts'
import type { Coordinator } from './coordinators.ts'

const { authority } = await testKeys()
const LOOK_EVERY_MS = 60
const id = commandOf('h1').id

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

describe('commands', () => {
  it('that lie in the mailbox come right after the welcome', async () => {
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    await one.mailbox.put('h1', ...signed(commandOf('h1', 'mail-3')))
    const agent = one.agent('h1').say(hello())
    await agent.hears('order', 2)
    expect(agent.heard[0]).toEqual({ kind: 'welcome', epoch: 1, heartbeatMs: 10_000, trust: authority.trust() })
    const orders = [commandOf('h1'), commandOf('h1', 'mail-3')].map((command) => orderFor(command))
    expect(new Set(agent.of('order'))).toEqual(new Set(orders.map((order) => ({ kind: 'order', order }))))
  })

  it.each(['one', 'two'])('that coordinator %s puts reach an agent of coordinator one at once', async (which) => {
    const agent = one.agent('h1').say(hello())
    await agent.hears('welcome')
    await (which === 'one' ? one : two).mailbox.put('h1', ...signed(commandOf('h1')))
    expect((await agent.hears('order')).order).toEqual(orderFor(commandOf('h1')))
  })

  it('come again in the next session until they are over, and never twice in one', async () => {
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    const first = one.agent('h1').say(hello())
    await first.hears('order')
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    await one.mailbox.put('h1', ...signed(commandOf('h1', 'mail-3')))
    await first.hears('order', 2)
    expect(first.of('order')).toHaveLength(2)
    await first.hangUp()
    await one.mailbox.close('h1', 'mail-3/h1/1')
    const second = two.agent('h1').say(hello())
    await second.hears('order')
    await two.mailbox.put('h1', ...signed(commandOf('h1', 'last-1')))
    await second.hears('order', 2)
    expect(second.commandIds()).toEqual([id, 'last-1/h1/1'])
  })

  it('are withdrawn from the agent that has them', async () => {
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    const agent = one.agent('h1').say(hello())
    await agent.hears('order')
    await two.mailbox.withdraw('h1', id)
    expect((await agent.hears('withdraw')).id).toBe(id)
  })
})

describe('what the agent says that it has', () => {
  it('is withdrawn when it is not claimed and not in the mailbox, and not sent again when it is', async () => {
    await one.mailbox.put('h1', ...signed(commandOf('h1', 'has-1')))
    await one.mailbox.put('h1', ...signed(commandOf('h1', 'has-not-1')))
    const open = ['has-1/h1/1', 'gone-1/h1/1', 'claimed-1/h1/1'].map((id) => ({ id, claimed: id.startsWith('claimed') }))
    const agent = one.agent('h1').say(hello({ open }))
    await agent.hears('withdraw')
    await one.mailbox.put('h1', ...signed(commandOf('h1', 'last-1')))
    await agent.hears('order', 2)
    expect(agent.of('withdraw')).toEqual([{ kind: 'withdraw', id: 'gone-1/h1/1' }])
    expect(agent.commandIds()).toEqual(['has-not-1/h1/1', 'last-1/h1/1'])
  })
})

describe('a grant', () => {
  it('reaches the session that it is for', async () => {
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    const agent = one.agent('h1').say(hello())
    await agent.hears('order')
    await two.mailbox.grant('h1', id, 1)
    expect(await agent.hears('grant')).toEqual({ kind: 'grant', id, epoch: 1 })
  })

  it('for an earlier session reaches nobody; the agent claims anew and gets its own', async () => {
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    const earlier = one.agent('h1').say(hello())
    await earlier.hears('order')
    await earlier.hangUp()
    const agent = one.agent('h1').say(hello({ open: [{ id, claimed: false }] }))
    await agent.hears('welcome')
    await one.mailbox.grant('h1', id, 1)
    agent.say({ kind: 'claim', id, installed: { service: 'web', revision: 'r1', version: '1.0.0', findings: [] } })
    await one.reports.until(() => one.reports.events.length > 0)
    const installed = { revision: 'r1', version: '1.0.0' }
    expect(one.reports.events).toEqual([{ type: 'ClaimRequested', host: 'h1', attempt: 1, epoch: 2, installed }])
    await one.mailbox.grant('h1', id, 2)
    expect((await agent.hears('grant')).epoch).toBe(2)
    expect(agent.of('grant')).toHaveLength(1)
  })

  it('that stands already answers the claim, without the engine', async () => {
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    await one.mailbox.grant('h1', id, 1)
    const agent = one.agent('h1').say(hello({ open: [{ id, claimed: true }] }))
    await agent.hears('welcome')
    agent.say({ kind: 'claim', id, installed: null })
    await agent.hears('grant')
    expect(one.reports.events).toEqual([])
  })

  it('cannot be claimed for a command that is gone, nor for one that never was', async () => {
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    const agent = one.agent('h1').say(hello())
    await agent.hears('order')
    await one.mailbox.close('h1', id)
    agent.say({ kind: 'claim', id: 'no id', installed: null }, { kind: 'claim', id: 'web-9/h2/1', installed: null })
    await agent.hears('withdraw', 3)
    const withdrawn = new Set([id, 'no id', 'web-9/h2/1'].map((id) => ({ kind: 'withdraw', id })))
    expect(new Set(agent.of('withdraw'))).toEqual(withdrawn)
    expect(one.reports.events).toEqual([])
  })
})

describe('a kill', () => {
  it('reaches the agent once in each session until the command is over, whoever asked for it', async () => {
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    const first = one.agent('h1').say(hello())
    await first.hears('order')
    await two.mailbox.kill('h1', id, 'it hangs')
    expect(await first.hears('kill')).toEqual({ kind: 'kill', id, reason: 'it hangs' })
    await two.mailbox.kill('h1', id, 'it hangs')
    await one.mailbox.put('h1', ...signed(commandOf('h1', 'last-1')))
    await first.hears('order', 2)
    expect(first.of('kill')).toHaveLength(1)
    await first.hangUp()
    const second = two.agent('h1').say(hello({ open: [{ id, claimed: true }] }))
    await second.hears('kill')
    await two.mailbox.close('h1', id)
    expect(second.of('kill')).toHaveLength(1)
  })
})

describe('with every ring lost', () => {
  let deaf: Coordinator

  beforeEach(async () => {
    const doorbell = { listen: () => Promise.resolve(() => {}) }
    deaf = await startCoordinator(fixture, 'deaf', { doorbell, lookEveryMs: LOOK_EVERY_MS })
  })
  afterEach(() => deaf.stop())

  it('commands, grants and withdrawals arrive all the same', async () => {
    const agent = deaf.agent('h1').say(hello())
    await agent.hears('welcome')
    await one.mailbox.put('h1', ...signed(commandOf('h1')))
    await one.mailbox.put('h1', ...signed(commandOf('h1', 'mail-1')))
    await agent.hears('order', 2)
    await one.mailbox.grant('h1', id, 1)
    await agent.hears('grant')
    await one.mailbox.withdraw('h1', 'mail-1/h1/1')
    expect((await agent.hears('withdraw')).id).toBe('mail-1/h1/1')
  })

  it('a session finds out that it is no longer the host’s', async () => {
    const earlier = deaf.agent('h1').say(hello())
    await earlier.hears('welcome')
    await one.agent('h1').say(hello()).hears('welcome')
    expect(await earlier.hears('refusal')).toMatchObject({ code: 'session_refused', message: expect.stringContaining('connected again') })
  })

  it('a session that Redis has forgotten ends, so that its agent comes again', async () => {
    const agent = deaf.agent('h1').say(hello())
    await agent.hears('welcome')
    await fixture.redis.flushall()
    expect(await agent.ended).toMatchObject({ code: 14, details: expect.stringContaining('record of this session is lost') })
  })
})

it('a session that has ended looks no more', async () => {
  const looks: string[] = []
  let looked = Promise.withResolvers<void>()
  const look = (host: string) => {
    looks.push(host)
    looked.resolve()
    looked = Promise.withResolvers()
    return one.mailbox.look(host)
  }
  const busy = await startCoordinator(fixture, 'busy', { mailbox: { look }, lookEveryMs: LOOK_EVERY_MS })
  const gone = busy.agent('gone').say(hello())
  await busy.agent('h1').say(hello()).hears('welcome')
  await gone.hears('welcome')
  await gone.hangUp()
  await expect.poll(async () => (await busy.hosts.get('gone'))?.session, { timeout: 20_000 }).toBeNull()
  looks.length = 0
  while (looks.filter((host) => host === 'h1').length < 5) await looked.promise
  expect(looks).not.toContain('gone')
  await busy.stop()
})
