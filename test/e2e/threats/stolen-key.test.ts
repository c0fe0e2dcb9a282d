/** Whoever has the identity file of h1: its key, its certificate, and where the coordinator is. It is h1, and nobody else, until h1 is removed. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Kept } from '../../../shared/machine/kept.ts'
import type { RemovedHostView } from '../../../shared/api/host.ts'
import type { AgentMessage } from '../../../shared/message.ts'
import { agentFrame } from '../../../shared/wire.ts'
import { hello } from '../../unit/sessions/agent.ts'
import type { Agent as Session } from '../../unit/sessions/agent.ts'
import { Fleet, stopFleetsAfterwards } from '../fleet.ts'
import { until } from '../fleet/until.ts'
import { MarkerService } from '../marker-service.ts'
import { untilFile } from '../web-service.ts'
import { askedForRoot, asMachine, renew, sessionWith, stolenFrom } from './machine.ts'

const BEAT_MS = 500
const FAILED = {
  verdict: 'failed', step: 'start', exitCode: 1, message: 'so says h1', revert: 'failed', changed: true, durationMs: 1, installed: null,
} as const

stopFleetsAfterwards()

let fleet: Fleet
let web: MarkerService
let stolen: Kept
/** On h1 and h2, held where h2 starts it. */
let rollout: string
let thief: Session

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 2 })
  web = new MarkerService(fleet, 'web')
  await web.apply()
  await web.release('1')
  await web.rollOut('1')
  await web.release('2', { start: untilFile('go') })
  stolen = await stolenFrom(fleet, 'h1')
  await fleet.agent('h1').daemon.kill()
  thief = await begun()
  rollout = await web.start('2', { concurrency: 2 })
  await until('it is started on h2', () => web.lines(rollout).some(({ host, step }) => host === 'h2' && step === 'start'))
})
afterAll(() => web.put('h2', 'go'))

/** A session as h1, of which the coordinator goes on hearing. */
async function begun(): Promise<Session> {
  const session = sessionWith(fleet, stolen, 'h1').say(hello())
  await session.hears('welcome')
  const heartbeat = { load1: 0, memoryFreeBytes: 0, diskFreeBytes: 0, runningCommands: 0, installed: [] }
  const beating = setInterval(() => session.say({ kind: 'heartbeat', heartbeat }), BEAT_MS)
  void session.ended.then(() => clearInterval(beating))
  return session
}

async function grantsFor(id: string) {
  const before = thief.of('artifact-grants').length
  return (await thief.say({ kind: 'grants-wanted', bases: [], id }).hears('artifact-grants', before + 1)).grants
}

test('is h1: it gets the orders of h1, and fetches what they name', async () => {
  const { order } = await thief.hears('order')
  expect(Buffer.from(order.order).toString('latin1')).toContain(`${rollout}/h1/1`)
  for (const { manifest, grant } of await grantsFor(`${rollout}/h1/1`)) expect(await askedForRoot(fleet, stolen, grant, manifest.digest)).toBe('root')
})

test('does not speak for h2, neither from the beginning nor later', async () => {
  const other = sessionWith(fleet, stolen, 'h2').say(hello())
  expect(await other.hears('refusal')).toMatchObject({ code: 'session_refused', message: expect.stringContaining('the certificate is for "h1"') as string })
  await other.ended
  const failed: AgentMessage = { kind: 'result', result: { ...FAILED, id: `${rollout}/h2/1` } }
  await thief.say(failed).hears('result-ack')
  thief.sayFrame(agentFrame('h2', failed))
  expect((await thief.hears('refusal')).message).toContain('cannot speak for another host')
  await thief.ended
  expect((await fleet.tasks(rollout)).get('h2')).toMatchObject({ state: 'running' })
  thief = await begun()
})

test('gets no grant for a command of h2, and with its own fetches nothing else', async () => {
  thief.say({ kind: 'grants-wanted', bases: [], id: `${rollout}/h2/1` })
  const [own, other] = await grantsFor(`${rollout}/h1/1`)
  expect(thief.of('artifact-grants')).toMatchObject([{ id: `${rollout}/h1/1` }])
  const root = other!.manifest.digest
  expect(await askedForRoot(fleet, stolen, own!.grant, root)).toBe('refused')
  const [payload = '', ...signed] = own!.grant.split('.')
  const forOther = Buffer.from(Buffer.from(payload, 'base64url').toString().replace(own!.manifest.digest, root)).toString('base64url')
  expect(await askedForRoot(fleet, stolen, [forOther, ...signed].join('.'), root)).toBe('refused')
})

test('is nobody to the HTTP API, with its certificate and with its grant', async () => {
  const [own] = await grantsFor(`${rollout}/h1/1`)
  for (const path of ['/v1/hosts', '/v1/tokens', '/metrics', `/v1/artifacts/${own!.digest}`]) expect(await asMachine(fleet, stolen, path)).toBe(401)
  for (const path of ['/v1/hosts', `/v1/artifacts/${own!.digest}`]) expect(await asMachine(fleet, stolen, path, `Grant ${own!.grant}`)).toBe(401)
})

test('is out as soon as h1 is removed: its session ends, and neither its certificate, its key nor its grants are good any more', async () => {
  const [own] = await grantsFor(`${rollout}/h1/1`)
  expect((await fleet.api.ask<RemovedHostView>('DELETE', '/v1/hosts/h1')).body).toMatchObject({ outcome: 'revoked', rollouts: [rollout] })
  await thief.ended
  const again = sessionWith(fleet, stolen, 'h1').say(hello())
  expect((await again.hears('refusal')).code).toBe('identity_unknown')
  expect(await renew(fleet, stolen, 'h1')).toMatchObject({ body: { error: { code: 'identity_unknown' } } })
  await until('its grants are worth nothing', async () => await askedForRoot(fleet, stolen, own!.grant, own!.manifest.digest) === 'refused')
})
