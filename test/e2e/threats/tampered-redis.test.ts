/** Somebody who reads and writes the coordinator's Redis: learns no secret there, and has nothing run that nobody has ordered. */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RolloutView } from '../../../shared/api/rollout.ts'
import type { TokenCreatedView } from '../../../shared/api/token.ts'
import type { WebhookAddedView } from '../../../shared/api/webhook.ts'
import type { Command } from '../../../shared/command.ts'
import { parseJoinToken } from '../../../shared/identity/join-token.ts'
import { pinOfKey } from '../../../shared/identity/pin.ts'
import { encodeOrder, ORDER_PAYLOAD_TYPE, ORDER_VALID_MS } from '../../../shared/order.ts'
import type { SignedOrder } from '../../../shared/order.ts'
import { signPayload } from '../../../shared/signing.ts'
import { hello } from '../../unit/sessions/agent.ts'
import { Fleet, stopFleetsAfterwards } from '../fleet.ts'
import { Api } from '../fleet/api.ts'
import { until } from '../fleet/until.ts'
import { Intruder } from './intruder.ts'
import { enrol, sessionWith } from './machine.ts'

const TOKENS = '{identity}:tokens'
const MACHINES = '{identity}:machines'

stopFleetsAfterwards()

let fleet: Fleet
let intruder: Intruder
beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 2 })
  intruder = new Intruder(fleet)
})
afterAll(() => intruder.close())

/** A file of the test's own that only a command can make. */
const mark = (name: string) => join(fleet.dir, name)
const keyFile = (file: string) => join(fleet.coordinator.dataDir, 'keys', file)
/** On h1. */
const underWay = (id: string) => until(`${id} runs on h1`, async () => (await fleet.tasks(id)).get('h1')?.state === 'running')
const given = (wanted: Record<string, unknown>) => fleet.api.post<TokenCreatedView>('/v1/tokens', wanted)

describe('in a mailbox', () => {
  /** A run on h1 that an admin has ordered, and that is under way: how an order looks, and what one says. */
  let running: RolloutView
  let genuine: SignedOrder

  beforeAll(async () => {
    running = await fleet.api.post('/v1/runs', { hosts: 'h1', command: `until test -e ${mark('over')}; do sleep 0.05; done; echo >>${mark('ran')}` })
    await underWay(running.id)
    genuine = await intruder.order('h1', `${running.id}/h1/1`)
  })

  const forged = (id: string, name: string): Command => ({
    id, rollout: running.id, service: 'run', path: '/', account: null, keepReleases: 1, timeoutMs: 60_000, actor: 'admin',
    action: { kind: 'exec', command: `touch ${mark(name)}` },
  })
  const orderOf = (host: string, command: Command) => encodeOrder({ host, command, issuedAtMs: Date.now(), expiresAtMs: Date.now() + ORDER_VALID_MS })

  /** What the agent says of it, once it has come. */
  async function refusal(host: string, says: string): Promise<void> {
    await until(`${host} says: ${says}`, () => fleet.agent(host).daemon.output.includes(says), 20_000)
  }

  test('an order that somebody has signed with a key of his own runs nothing', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const id = `${running.id}/h2/1`
    const order = orderOf('h2', forged(id, 'forged'))
    await intruder.mail('h2', id, { order, signature: signPayload(privateKey, ORDER_PAYLOAD_TYPE, order), keyId: pinOfKey(publicKey) })
    await refusal('h2', 'whom this host does not trust with orders')
    expect(existsSync(mark('forged'))).toBe(false)
  })

  test('an order that was changed runs nothing', async () => {
    const id = `${running.id}/h2/2`
    await intruder.mail('h2', id, { ...genuine, order: orderOf('h2', forged(id, 'changed')) })
    await refusal('h2', 'the signature is not one of this order')
    expect(existsSync(mark('changed'))).toBe(false)
  })

  test('the order of one host in the mailbox of another runs nothing there', async () => {
    await intruder.mail('h2', `${running.id}/h1/1`, genuine)
    await refusal('h2', 'the order is for host h1, this is h2')
    expect(existsSync(mark('ran'))).toBe(false)
    writeFileSync(mark('over'), '')
    expect((await fleet.ended(running.id)).phase).toBe('succeeded')
    expect(readFileSync(mark('ran'), 'utf8')).toBe('\n')
  })
})

test('a command line that is changed while its rollout is under way reaches no other host', async () => {
  const command = `until test -e ${mark('go')}; do sleep 0.05; done; touch ${mark('good')}`
  const { id } = await fleet.api.post<RolloutView>('/v1/runs', { hosts: 'h1,h2', command, strategy: { waves: [1, 1], order: 'as-listed', tolerance: { failed: 1 } } })
  await underWay(id)
  await intruder.change(`{r:${id}}:state`, 'body', mark('good'), mark('evil'))
  writeFileSync(mark('go'), '')
  await fleet.ended(id)
  expect((await fleet.tasks(id)).get('h2')).toMatchObject({ state: 'failed', failure: { message: expect.stringContaining('changed in Redis') as string } })
  expect([existsSync(mark('good')), existsSync(mark('evil'))]).toEqual([true, false])
})

describe('an entry of the catalogue', () => {
  test.each([['path', '/srv/shop', '/srv/evil'], ['run', 'sleep 1000', 'rm -rf /x1'], ['account', '"daemon"', '"nobody"']])(
    'with another %s begins nothing', async (_field, from, to) => {
      await fleet.api.put('/v1/services/shop', { service: 'shop', path: '/srv/shop', run: 'sleep 1000', account: 'daemon' })
      await intruder.change('{catalogue}:services', 'shop', from, to)
      const refused = { status: 422, body: { error: { code: 'tampered' } } }
      expect(await fleet.api.ask('POST', '/v1/rollouts', { service: 'shop', release: '1' })).toMatchObject(refused)
      expect(await fleet.api.ask('GET', '/v1/services/shop')).toMatchObject(refused)
    })
})

describe('a token', () => {
  test('of a viewer that was made an admin’s lets nobody in', async () => {
    const { id, text } = await given({ role: 'viewer', name: 'vera' })
    await intruder.change(TOKENS, id, '"viewer"', '"admin"')
    const eve = new Api({ ...fleet.coordinator.door, token: text })
    expect((await eve.ask('POST', '/v1/runs', { hosts: 'h1', command: 'true' })).status).toBe(401)
    expect((await eve.ask('GET', '/v1/hosts')).status).toBe(401)
  })

  test('with more uses than it was given lets no other machine join', async () => {
    const { id, text } = await given({ role: 'agent', uses: 1 })
    expect((await enrol(fleet, text, 'app-1')).status).toBe(200)
    await intruder.change(TOKENS, id, '"usesLeft":0', '"usesLeft":9')
    expect((await enrol(fleet, text, 'app-2')).status).toBe(401)
  })
})

test('an identity that was put there by hand lets nobody in, also not a machine that had one', async () => {
  const { paper } = await enrol(fleet, (await given({ role: 'agent' })).text, 'app-3')
  const other = await intruder.read(MACHINES, 'agent/h2')
  const pin = (await intruder.read(MACHINES, 'agent/app-3')).match(/sha256:[0-9a-f]{64}/)![0]
  await fleet.api.ask('DELETE', '/v1/hosts/app-3')
  for (const text of [other, other.replace('"h2"', '"app-3"').replace(/sha256:[0-9a-f]{64}/, pin)]) {
    await intruder.redis.hset(MACHINES, 'agent/app-3', text)
    expect((await sessionWith(fleet, paper, 'app-3').say(hello()).hears('refusal')).code).toBe('identity_unknown')
  }
})

test('nothing in Redis is a secret: no token, no webhook’s secret, no key', async () => {
  const api = [await given({ role: 'viewer', name: 'vic' }), await given({ role: 'admin', name: 'ada' })]
  const joining = await given({ role: 'agent', uses: 9 })
  await enrol(fleet, joining.text, 'app-4')
  const hook = await fleet.api.post<WebhookAddedView>('/v1/webhooks', { name: 'chat', url: 'http://127.0.0.1:9/hook' })
  for (const { text } of api) await new Api({ ...fleet.coordinator.door, token: text }).get('/v1/hosts')
  const secrets = [
    fleet.coordinator.door.token!, ...api.map(({ text }) => text), joining.text, parseJoinToken(joining.text)!.secret, hook.secret, hook.secret.replace(/^whsec_/, ''),
    readFileSync(keyFile('orders.key'), 'utf8').split('\n')[1]!, 'PRIVATE KEY',
  ].flatMap((secret) => [secret, secret.split('_').slice(2).join('_')]).filter((secret) => secret.length > 8)
  const all = await intruder.everything()
  expect([...all.keys()]).toEqual(expect.arrayContaining([TOKENS, MACHINES, '{webhooks}:hooks']))
  for (const [key, text] of all) expect([key, secrets.filter((secret) => key.includes(secret) || text.includes(secret))]).toEqual([key, []])
})
