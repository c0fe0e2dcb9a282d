/** What lies in a mailbox and is no order reaches no host, and the rollout that waits for it hears so. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { verifyGrant } from '../../../shared/artifact-grant.ts'
import { commandOf, orderFor, signed } from '../hosts/commands.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import { makeKeys } from '../../keys.ts'
import { hello } from './agent.ts'
import { startCoordinator } from './coordinators.ts'
import type { Coordinator } from './coordinators.ts'

let fixture: RedisFixture
let coordinator: Coordinator
beforeEach(async () => {
  fixture = await startRedis()
  coordinator = await startCoordinator(fixture, 'one')
})
afterEach(async () => {
  await coordinator.stop()
  await fixture.stop()
})

/** As an earlier version has put it there. */
const putUnsigned = (id: string) => fixture.redis.hset('{h:h1}:mailbox', `command:${id}`, JSON.stringify({ ...commandOf('h1'), id }))
const failed = (id: string) => coordinator.reports.events.filter((event) => event.type === 'TaskFailed' && `web-1/${event.host}/${event.attempt}` === id)

it('is not sent, and has failed; a good order beside it is sent', async () => {
  await putUnsigned('web-1/h1/1')
  await coordinator.mailbox.put('h1', ...signed(commandOf('h1', 'api-1')))
  const agent = coordinator.agent('h1').say(hello())
  await agent.hears('order')
  expect(agent.commandIds()).toEqual(['api-1/h1/1'])
  expect(failed('web-1/h1/1')).toMatchObject([{ verdict: 'failed', revert: 'not-needed', message: expect.stringContaining('is not an order') }])
})

it('has not failed while the host is at work on it, as it was when the version changed', async () => {
  await putUnsigned('web-1/h1/1')
  const agent = coordinator.agent('h1').say(hello({ open: [{ id: 'web-1/h1/1', claimed: true }] }))
  await coordinator.mailbox.put('h1', ...signed(commandOf('h1', 'api-1')))
  await agent.hears('order')
  expect([failed('web-1/h1/1'), agent.of('withdraw')]).toEqual([[], []])
})

it('gets no leave to fetch anything: only an order of a coordinator does, for what it names, in the mailbox of its host', async () => {
  const order = commandOf('h1', 'api-1')
  await coordinator.mailbox.put('h1', ...signed(order))
  await coordinator.mailbox.put('h1', (await makeKeys()).signer.signOrder({ host: 'h1', command: commandOf('h1'), issuedAtMs: 1, expiresAtMs: 2 }), 'web-1/h1/1')
  await coordinator.mailbox.put('h2', ...signed(commandOf('h2')))
  await fixture.redis.hset('{h:h1}:mailbox', 'command:web-1/h2/1', (await fixture.redis.hget('{h:h2}:mailbox', 'command:web-1/h2/1'))!)
  const agent = coordinator.agent('h1').say(hello())
  for (const id of ['web-1/h1/1', 'web-1/h2/1', 'web-1/h1/9', order.id]) agent.say({ kind: 'grants-wanted', bases: [], id })
  const { id, grants } = await agent.hears('artifact-grants')
  expect([id, grants.map(({ digest }) => digest)]).toEqual([order.id, ['ab'.repeat(32)]])
  const { signer } = coordinator.machines.keys
  expect(grants.map(({ grant }) => verifyGrant(grant, signer.grantKeys(), Date.now()))).toMatchObject([{ host: 'h1', digest: 'ab'.repeat(32) }])
  expect(orderFor(order)).toEqual((await coordinator.mailbox.look('h1')).mail.get(order.id)?.order)
})
