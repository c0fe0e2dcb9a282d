/** Webhooks against a real receiver, a real Redis and a real queue. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Webhook as Reference } from 'standardwebhooks'
import { adoptUnsealed } from '../../../coordinator/adapters/unsealed.ts'
import { MAX_ANSWER_BYTES } from '../../../coordinator/adapters/webhooks/post.ts'
import { openWebhooks } from '../../../coordinator/adapters/webhooks/webhooks.ts'
import type { OpenWebhooks } from '../../../coordinator/adapters/webhooks/webhooks.ts'
import type { Deliverer } from '../../../coordinator/adapters/webhooks/deliver.ts'
import { DELIVERY_TRIES, MAX_WEBHOOKS } from '../../../coordinator/engine/ports/webhooks.ts'
import type { Delivery, Webhook } from '../../../coordinator/engine/ports/webhooks.ts'
import type { RolloutEvent } from '../../../coordinator/engine/ports/announcements.ts'
import { ANNOUNCED } from '../../../shared/announcement.ts'
import { until } from '../../e2e/fleet/until.ts'
import { testKeys } from '../../keys.ts'
import { realRedis, silent } from '../../conformance/real-redis.ts'
import type { RealRedis } from '../../conformance/real-redis.ts'
import { receiver } from './receiver.ts'
import type { Receiver } from './receiver.ts'

let redis: RealRedis
let open: OpenWebhooks
let deliverer: Deliverer | null
let there: Receiver

beforeEach(async () => {
  redis = await realRedis()
  open = openWebhooks(redis.connections, { ...await testKeys(), clock: Date.now, log: silent }, 1)
  deliverer = null
  there = await receiver()
})
afterEach(async () => {
  await deliverer?.close()
  await redis.stop()
  await there[Symbol.asyncDispose]()
})

const hook = (given: Partial<Webhook> = {}): Webhook => ({
  name: 'chat', url: there.url, events: [...ANNOUNCED], services: '*', createdAtMs: 1, createdBy: 'ann', ...given,
})
const event = (given: Partial<RolloutEvent> = {}): RolloutEvent => ({
  event: 'held', rollout: 'web-7', service: 'web', release: '1.4.2', phase: 'paused', why: '1 host failed', atMs: Date.now(), ...given,
})
const run = async () => {
  deliverer = await open.deliver()
}
/** Its only delivery, once it has come to an end. */
async function ended(webhook = 'chat'): Promise<Delivery> {
  return until(`a delivery to ${webhook} has ended`, async () => {
    const [delivery] = (await open.webhooks.deliveries({ webhook, cursor: null, limit: 10 })).deliveries
    return delivery !== undefined && delivery.state !== 'waiting' ? delivery : null
  })
}

describe('a message', () => {
  it('is signed so that the reference implementation accepts it, and says what has happened', async () => {
    const secret = await open.webhooks.add(hook())
    await run()
    await open.announcements.announce('web-7/12', event({ atMs: Date.parse('2026-03-01T12:00:00Z') }))
    expect(await ended()).toMatchObject({ state: 'delivered', tries: 1, type: 'rollout.held', rollout: 'web-7', last: { status: 204, error: null } })
    const [{ body, headers } = { body: '', headers: {} }] = there.received
    const payload: unknown = new Reference(secret).verify(body, headers as Record<string, string>)
    expect(payload).toEqual({
      type: 'rollout.held', timestamp: '2026-03-01T12:00:00.000Z',
      data: { rollout: 'web-7', service: 'web', release: '1.4.2', phase: 'paused', why: '1 host failed' },
    })
    expect(() => new Reference(`whsec_${Buffer.alloc(32).toString('base64')}`).verify(body, headers as Record<string, string>)).toThrow('No matching signature found')
  })

  it('is one, however often it is announced, and its repetitions carry its id', async () => {
    await open.webhooks.add(hook())
    there.answer = (response, nth) => void response.writeHead(nth < 3 ? 500 : 200).end('no')
    for (let i = 0; i < 3; i++) await open.announcements.announce('web-7/12', event())
    await run()
    expect(await ended()).toMatchObject({ state: 'delivered', tries: 3 })
    await open.announcements.announce('web-7/12', event())
    await open.announcements.announce('web-7/13', event({ event: 'ended', phase: 'failed' }))
    await there.until(4)
    const ids = there.received.map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids.slice(0, 3)).size).toBe(1)
    expect(ids[3]).not.toBe(ids[0])
    expect(ids[0]).not.toContain('.')
  })

  it('goes to who asked for it, by event and service', async () => {
    await open.webhooks.add(hook({ name: 'ends', events: ['rollout.ended'] }))
    await open.webhooks.add(hook({ name: 'shop', services: 'shop-*,cart' }))
    await open.announcements.announce('web-7/1', event())
    await open.announcements.announce('web-7/2', event({ event: 'ended' }))
    await open.announcements.announce('shop-eu-1/1', event({ service: 'shop-eu', rollout: 'shop-eu-1' }))
    const of = async (webhook: string) => (await open.webhooks.deliveries({ webhook, cursor: null, limit: 10 })).deliveries.map(({ rollout, type }) => `${rollout} ${type}`)
    expect(await of('ends')).toEqual(['web-7 rollout.ended'])
    expect(await of('shop')).toEqual(['shop-eu-1 rollout.held'])
  })

  it('follows no redirect and reads no long answer', async () => {
    await open.webhooks.add(hook())
    let sent = 0
    there.answer = (response, nth) => {
      if (nth === 1) return void response.writeHead(302, { location: `${there.url}/elsewhere` }).end()
      response.writeHead(500)
      const more = () => { while (!response.destroyed && response.write('x'.repeat(1024))) sent += 1024 }
      response.on('drain', more)
      more()
    }
    await run()
    await open.announcements.announce('web-7/12', event())
    await there.until(3)
    expect(there.received.map(({ path }) => path)).not.toContain('/hook/elsewhere')
    expect(sent).toBeGreaterThan(MAX_ANSWER_BYTES)
  })
})

describe('a receiver that stays away', () => {
  it('makes deliveries dead, which a person sees and has delivered again', async () => {
    await open.webhooks.add(hook())
    there.answer = (response) => void response.writeHead(503).end('down for repair')
    await run()
    await open.announcements.announce('web-7/12', event())
    const dead = await ended()
    expect(dead).toMatchObject({ state: 'dead', tries: DELIVERY_TRIES, last: { status: 503, error: 'answered 503: down for repair' } })
    expect(await open.webhooks.counts()).toEqual({ waiting: 0, dead: 1 })
    expect((await open.webhooks.deliveries({ webhook: null, cursor: null, limit: 10 })).deliveries).toEqual([dead])

    there.answer = (response) => void response.writeHead(200).end()
    await open.webhooks.redeliver('chat', dead.message)
    expect(await ended()).toMatchObject({ state: 'delivered', tries: 1 })
    expect(await open.webhooks.counts()).toEqual({ waiting: 0, dead: 0 })
    expect(new Set(there.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  it('for good says so, and is asked no more', async () => {
    await open.webhooks.add(hook())
    there.answer = (response) => void response.writeHead(410).end()
    await run()
    await open.announcements.announce('web-7/12', event())
    expect(await ended()).toMatchObject({ state: 'dead', tries: 1 })
  })

  it('is told once it is there, also by another coordinator', async () => {
    await open.webhooks.add(hook())
    await open.announcements.announce('web-7/12', event())
    const other = openWebhooks(redis.connections, { ...await testKeys(), clock: Date.now, log: silent }, 1)
    deliverer = await other.deliver()
    expect(await ended()).toMatchObject({ state: 'delivered' })
  })
})

describe('deliveries', () => {
  it('come in pages without a gap, also those of one moment', async () => {
    await open.webhooks.add(hook())
    for (let i = 1; i <= 25; i++) await open.announcements.announce(`web-${i}/1`, event({ rollout: `web-${i}`, atMs: 1000 }))
    const rollouts: (string | null)[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof open.webhooks.deliveries>> = await open.webhooks.deliveries({ webhook: 'chat', cursor, limit: 10 })
      rollouts.push(...page.deliveries.map(({ rollout }) => rollout))
      cursor = page.next
    } while (cursor !== null)
    expect(rollouts).toEqual(Array.from({ length: 25 }, (_, i) => `web-${25 - i}`))
  })
})

describe('webhooks', () => {
  it('are added, listed without their secret, tested and removed', async () => {
    const secret = await open.webhooks.add(hook())
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(await open.webhooks.list()).toEqual([hook()])
    expect(await open.webhooks.test('chat')).toMatchObject({ status: 204, error: null })
    expect(JSON.parse(there.received[0]!.body)).toMatchObject({ type: 'webhook.test' })
    await open.webhooks.remove('chat')
    await expect(open.webhooks.test('chat')).rejects.toMatchObject({ problem: { code: 'webhook_unknown' } })
    await expect(open.webhooks.remove('chat')).rejects.toMatchObject({ problem: { code: 'webhook_unknown' } })
  })

  it('that are removed are told nothing more, and leave nothing', async () => {
    await open.webhooks.add(hook())
    await open.announcements.announce('web-7/12', event())
    await open.webhooks.remove('chat')
    await open.announcements.announce('web-7/13', event())
    expect(await redis.connections.commands.keys('{webhooks}*')).toEqual(['{webhooks}:places'])
  })

  it('are so many at most, each name once', async () => {
    for (let i = 0; i < MAX_WEBHOOKS; i++) await open.webhooks.add(hook({ name: `h${i}` }))
    await expect(open.webhooks.add(hook({ name: 'h0' }))).rejects.toMatchObject({ problem: { code: 'webhook_exists' } })
    await expect(open.webhooks.add(hook({ name: 'more' }))).rejects.toMatchObject({ problem: { code: 'webhook_limit' } })
  })
})

describe('whoever can write to Redis', () => {
  const HOOKS = '{webhooks}:hooks'
  const at = async (name: string): Promise<string> => (await redis.connections.commands.hget(HOOKS, name))!
  const tampered = { problem: { code: 'tampered', message: expect.stringContaining('the webhook chat') as string } }

  it.each<[string, (text: string, other: string) => string]>([
    ['turns none elsewhere', (text) => text.replace('/hook', '/elsewhere')],
    ['puts none in another\'s place', (_text, other) => other],
    ['is not believed without a seal', (text) => text.slice(0, text.lastIndexOf(' '))],
  ])('%s', async (_what, written) => {
    for (const name of ['chat', 'other']) await open.webhooks.add(hook({ name }))
    const changed = written(await at('chat'), await at('other'))
    expect(changed).not.toBe(await at('chat'))
    await open.announcements.announce('web-7/12', event())
    await redis.connections.commands.hset(HOOKS, 'chat', changed)
    await expect(open.webhooks.test('chat')).rejects.toMatchObject(tampered)
    expect((await open.webhooks.list()).map(({ name }) => name)).toEqual(['other'])
    await run()
    expect(await ended('other')).toMatchObject({ state: 'delivered' })
    expect(there.received).toHaveLength(1)
    await open.webhooks.remove('chat')
    await open.webhooks.add(hook())
    expect(await open.webhooks.test('chat')).toMatchObject({ status: 204 })
  })

  it('has no words of his own signed', async () => {
    const { commands } = redis.connections
    await open.webhooks.add(hook())
    await open.announcements.announce('web-7/12', event())
    await open.announcements.announce('web-7/13', event({ why: 'all is well' }))
    const [later = '', first = ''] = (await open.webhooks.deliveries({ webhook: 'chat', cursor: null, limit: 2 })).deliveries.map(({ message }) => message)
    const keyOf = (message: string) => `{webhooks}:delivery:${message}.chat`
    await commands.set(keyOf(first), (await commands.get(keyOf(first)))!.replace('1 host failed', 'pay eve'))
    await expect(open.webhooks.redeliver('chat', first)).rejects.toMatchObject({ problem: { code: 'delivery_unknown' } })
    await run()
    await there.until(1)
    await until('nothing waits', async () => ((await open.webhooks.counts()).waiting === 0 ? true : null))
    expect(there.received.map(({ headers }) => headers['webhook-id'])).toEqual([later])
  })

  it('finds no secret there', async () => {
    const secret = await open.webhooks.add(hook())
    expect(await at('chat')).toContain('"url":')
    expect(await at('chat')).not.toContain(secret.slice('whsec_'.length))
  })

  it('but a secret of a version before seals is taken over, encrypted, when somebody asks for it', async () => {
    const { seals, vault } = await testKeys()
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    await redis.connections.commands.hset(HOOKS, 'chat', JSON.stringify({ ...hook(), secret }))
    await expect(open.webhooks.test('chat')).rejects.toMatchObject(tampered)
    await adoptUnsealed({ redis: redis.connections.commands, seals, log: silent }, vault, Date.now)
    expect(await at('chat')).not.toContain(secret)
    await open.webhooks.test('chat')
    const [{ body, headers } = { body: '', headers: {} }] = there.received
    expect(new Reference(secret).verify(body, headers as Record<string, string>)).toMatchObject({ type: 'webhook.test' })
  })
})
