/** What becomes of a session when its certificate, or the authority that has issued it, is no longer good. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { MACHINE_VALID_MS } from '../../../coordinator/adapters/keys/authority.ts'
import { makeKeys, testKeys } from '../../keys.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import { hello } from './agent.ts'
import { startCoordinator } from './coordinators.ts'
import type { Coordinator } from './coordinators.ts'

const UNAVAILABLE = 14
const HOUR_MS = 3_600_000

let fixture: RedisFixture
let one: Coordinator
let nowMs: number
const told = (authorities: readonly Uint8Array[]) => ({ authorities: authorities.map((der) => Buffer.from(der)), signers: [] })
let trust: ReturnType<typeof told>

beforeEach(async () => {
  const { authority } = await testKeys()
  ;[nowMs, trust] = [Date.now(), told(authority.trust().authorities)]
  fixture = await startRedis()
  one = await startCoordinator(fixture, 'one', { clock: () => nowMs, trust: () => trust, lookEveryMs: 600 })
})
afterEach(async () => {
  await one.stop()
  await fixture.stop()
})

const connected = async (host: string, to = one) => {
  const agent = to.agent(host).say(hello())
  await agent.hears('welcome')
  return agent
}

it('every session hears at once whom to trust from now on', async () => {
  const agents = await Promise.all(['h1', 'h2'].map((host) => connected(host)))
  const { authority } = await makeKeys()
  trust = told([...authority.trust().authorities, ...trust.authorities])
  one.server.trustChanged()
  for (const agent of agents) expect((await agent.hears('trust')).trust).toEqual(trust)
  expect((await (await connected('h3')).hears('welcome')).trust).toEqual(trust)
})

it('a session that began with a certificate of a retired authority ends, and so does one that begins at that moment', async () => {
  const agent = await connected('h1')
  trust = told((await makeKeys()).authority.trust().authorities)
  one.server.trustChanged()
  expect(await agent.ended).toMatchObject({ code: UNAVAILABLE, details: expect.stringContaining('the certificate with which h1 began this session is no longer good') })
  expect(await one.agent('h2').say(hello()).ended).toMatchObject({ code: UNAVAILABLE, details: expect.stringContaining('no longer good') })
})

it('an expired certificate keeps nobody in', async () => {
  const agent = await connected('h1')
  nowMs += MACHINE_VALID_MS - HOUR_MS
  await connected('h2')
  expect(agent.of('refusal')).toEqual([])
  // the certificate was made later than the clock of this test says, by as long as the machine took
  nowMs += 2 * HOUR_MS
  expect(await agent.ended).toMatchObject({ code: UNAVAILABLE, details: expect.stringContaining('h1 began this session is no longer good') })
})
