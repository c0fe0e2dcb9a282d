/** What an agent answers to what is no order for it, and that it begins none of it. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CLOCK_SKEW_MS, ORDER_VALID_MS } from '../../../shared/order.ts'
import type { Order, SignedOrder } from '../../../shared/order.ts'
import { makeKeys, testKeys } from '../../keys.ts'
import { command, HOST } from './commands.ts'
import { TestHost } from './fixture.ts'

const { signer } = await testKeys()

let host: TestHost
beforeEach(async () => {
  host = await TestHost.create()
  host.start()
  await host.coordinator.hear('heartbeat')
})
afterEach(() => host.dispose())

const now = Date.now()
const order = (more: Partial<Order> = {}): Order => ({ host: HOST, command: command(), issuedAtMs: now, expiresAtMs: now + ORDER_VALID_MS, ...more })

it.each<[string, () => Promise<SignedOrder> | SignedOrder, string]>([
  ['of another authority', async () => (await makeKeys()).signer.signOrder(order()), 'does not trust with orders'],
  ['that has expired', () => signer.signOrder(order({ expiresAtMs: now - 1 })), 'has expired'],
  ['from the future', () => signer.signOrder(order({ issuedAtMs: now + CLOCK_SKEW_MS + 600_000 })), "this host's clock is"],
  ['for another host', () => signer.signOrder(order({ host: 'h2' })), 'is for host h2'],
])('an order %s fails before it begins', async (_what, make, message) => {
  host.coordinator.say({ kind: 'order', order: await make() })
  expect(await host.coordinator.result(command().id)).toMatchObject({ verdict: 'failed', step: 'preflight', changed: false, message: expect.stringContaining(message) })
  expect(host.coordinator.heard.filter(({ kind }) => kind === 'accepted')).toEqual([])
})

it('an order for another host’s command is not answered at all, and one that names what this host has ends nothing', async () => {
  host.coordinator.policy.grant = false
  const { id } = await host.deploy(1, host.release('1.0'))
  await host.coordinator.hear('accepted')
  const { signer: stranger } = await makeKeys()
  host.coordinator.say({ kind: 'order', order: stranger.signOrder(order({ command: command({ id }) })) })
  host.coordinator.say({ kind: 'order', order: signer.signOrder(order({ host: 'h2', command: command({ id: 'web-1/h2/1' }) })) })
  await host.coordinator.handled()
  const about = host.coordinator.heard.flatMap((message) => (message.kind === 'result' ? [message.result.id] : []))
  expect(about.filter((one) => !one.startsWith('ping'))).toEqual([])
})
