/** Whoever asks for pieces with a good certificate: without a grant for them, with another's, as a relay that was removed, or led on by a tampered Redis. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readKeyring } from '../../../coordinator/adapters/keys/keyring.ts'
import { signerWith } from '../../../coordinator/adapters/keys/signer.ts'
import type { RelaysView } from '../../../shared/api/relay.ts'
import type { TokenCreatedView } from '../../../shared/api/token.ts'
import { verifyGrant } from '../../../shared/artifact-grant.ts'
import type { ArtifactGrant } from '../../../shared/artifact-grant.ts'
import { RELAY_REPORT_PATH } from '../../../shared/distribution/relay-report.ts'
import { readKept } from '../../../shared/machine/kept.ts'
import type { GrantedArtifact } from '../../../shared/message.ts'
import { exchange } from '../../../shared/pieces/exchange.ts'
import { makeKeys, machine } from '../../keys.ts'
import { reportOf } from '../../unit/relays/reports.ts'
import { hello } from '../../unit/sessions/agent.ts'
import type { Agent as Session } from '../../unit/sessions/agent.ts'
import { Fleet, stopFleetsAfterwards } from '../fleet.ts'
import { Daemon } from '../fleet/daemon.ts'
import { until } from '../fleet/until.ts'
import { MarkerService } from '../marker-service.ts'
import { Intruder } from './intruder.ts'
import { askedForRoot, dialling, enrol, sessionWith, stolenFrom } from './machine.ts'
import type { Paper } from './machine.ts'

const PATIENCE_MS = 10_000
const DATACENTERS: Record<string, string> = { h1: 'fra', h2: 'sin' }

stopFleetsAfterwards()

let fleet: Fleet
let rollout: string
const papers: Record<string, Paper> = {}
const sessions: Record<string, Session> = {}
/** Those that h1 and h2 have got for the one package. */
let granted: Record<string, GrantedArtifact>
let relay: Daemon
let ofRelay: Paper

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 2, labels: (host) => ({ dc: DATACENTERS[host]! }) })
  const web = new MarkerService(fleet, 'web')
  await web.apply()
  await web.release('1')
  for (const host of fleet.hosts) {
    papers[host] = await stolenFrom(fleet, host)
    await fleet.agent(host).daemon.kill()
    sessions[host] = sessionWith(fleet, papers[host], host).say(hello({ labels: { dc: DATACENTERS[host]! } }))
    await sessions[host].hears('welcome')
  }
  rollout = await web.start('1', { concurrency: 2, prefetch: false })
  granted = { h1: (await leaveOf('h1')).grants[0]!, h2: (await leaveOf('h2')).grants[0]! }
  relay = await startRelay('fra-1', 'fra')
  ofRelay = (await readKept(join(fleet.dir, 'fra-1', 'identity')))!
})
afterAll(() => relay.kill())

async function startRelay(name: string, dc: string): Promise<Daemon> {
  const { text } = await fleet.api.post<TokenCreatedView>('/v1/tokens', { role: 'relay', hosts: name, labels: { dc } })
  const daemon = new Daemon({ logFile: join(fleet.dir, `${name}.log`) })
  daemon.start(['relay', '--join', text, '--name', name, '--data-dir', join(fleet.dir, name), '--listen', '127.0.0.1:0', '--coordinator', `https://${fleet.coordinator.pieces}`])
  await until(`${name} is heard`, async () => (await relays()).some((one) => one.relay === name && one.status === 'up'))
  return daemon
}

const relays = async () => (await fleet.api.get<RelaysView>('/v1/relays')).relays

async function leaveOf(host: string) {
  const session = sessions[host]!
  await session.hears('order')
  const before = session.of('artifact-grants').length
  return session.say({ kind: 'grants-wanted', bases: [], id: `${rollout}/${host}/1` }).hears('artifact-grants', before + 1)
}

const told = async (host: string) => (await leaveOf(host)).sources.map(({ kind, name, url }) => (kind === 'relay' ? name : url))

const coordinator = () => ({ url: `https://${fleet.coordinator.pieces}`, expected: { role: 'coordinator' as const } })

const asked = (paper: Paper, grant: string, root = granted['h1']!.manifest.digest) => askedForRoot(fleet, paper, grant, root)

/** Reports as a relay does. @returns the status */
async function reports(paper: Paper): Promise<number | null> {
  const dialer = dialling(fleet, paper)
  const answer = await exchange(dialer, coordinator(), {
    method: 'POST', path: RELAY_REPORT_PATH, headers: { 'content-type': 'application/json' }, body: JSON.stringify(reportOf('evil')),
    signal: AbortSignal.timeout(PATIENCE_MS), connectMs: PATIENCE_MS, stallMs: PATIENCE_MS, limitBytes: () => 1024 * 1024,
  })
  dialer.close()
  return answer.kind === 'answered' ? answer.status : null
}

/** Signed as only a coordinator can, about whatever is asked for. */
async function signedByCoordinator(more: Partial<ArtifactGrant>): Promise<string> {
  const signer = signerWith(await readKeyring(join(fleet.coordinator.dataDir, 'keys'), Date.now(), null))
  return signer.grantArtifact({ ...verifyGrant(granted['h1']!.grant, signer.grantKeys(), Date.now())!, ...more })
}

test('a host is given what its grant is for, and nobody is given anything for a grant of another host, for other pieces, or one that is over', async () => {
  const { h1, h2 } = granted as { h1: GrantedArtifact; h2: GrantedArtifact }
  expect(h1.manifest).toEqual(h2.manifest)
  expect([await asked(papers['h1']!, h1.grant), await asked(papers['h2']!, h2.grant)]).toEqual(['root', 'root'])
  expect([await asked(papers['h2']!, h1.grant), await asked(papers['h1']!, h2.grant)]).toEqual(['refused', 'refused'])
  const other = (await leaveOf('h1')).grants[1]!
  expect([await asked(papers['h1']!, other.grant), await asked(papers['h1']!, other.grant, other.manifest.digest)]).toEqual(['refused', 'root'])
  const over = await signedByCoordinator({ expiresAtMs: Date.now() - 1 })
  expect([await asked(papers['h1']!, over), await asked(papers['h1']!, 'none')]).toEqual(['refused', 'refused'])
})

test('nobody without a certificate of the authority has a word with the port', async () => {
  const stranger = await machine(await makeKeys(), 'h1')
  expect([await asked(stranger, granted['h1']!.grant), await reports(stranger)]).toEqual(['failed', null])
})

test('a host is told of the relays of its own datacenter alone, as their join tokens bind them, and of coordinators', async () => {
  const url = `https://${fleet.coordinator.pieces}`
  // a coordinator asks Redis every few seconds who gives out pieces
  await until('the relay is told of', async () => (await told('h1')).includes('fra-1'))
  expect([await told('h1'), await told('h2')]).toEqual([['fra-1', url], [url]])
})

test('an agent is heard as no relay', async () => {
  expect(await reports(papers['h1']!)).toBe(403)
  expect((await relays()).map((one) => one.relay)).toEqual(['fra-1'])
})

test('a relay that somebody writes into Redis is told of to nobody', async () => {
  const intruder = new Intruder(fleet)
  await intruder.redis.hset('{relays}:heard', 'evil', JSON.stringify({ name: 'evil', dc: 'sin', report: reportOf('evil'), seenAtMs: Date.now() }))
  await intruder.redis.hset('{relays}:heard', 'fra-2', await intruder.read('{relays}:heard', 'fra-1'))
  await intruder.redis.hset('{relays}:coordinators', 'evil', JSON.stringify({ name: 'evil', url: 'https://192.0.2.1', seenAtMs: Date.now() }))
  intruder.close()
  const late = await startRelay('sin-1', 'sin')
  const url = `https://${fleet.coordinator.pieces}`
  await until('the true one is told of', async () => (await told('h2')).includes('sin-1'))
  expect([await told('h1'), await told('h2')]).toEqual([['fra-1', url], ['sin-1', url]])
  await late.kill()
})

test('a relay that is removed gets nothing more, with whosever grants, is not heard, and told of to nobody', async () => {
  expect(await asked(ofRelay, granted['h1']!.grant)).toBe('root')
  expect((await fleet.muster('relay', 'remove', 'fra-1', '--reason', 'stolen')).code).toBe(0)
  await until('it is nobody', async () => (await asked(ofRelay, granted['h1']!.grant)) === 'refused')
  expect(await reports(ofRelay)).toBe(401)
  await until('h1 is told of no relay', async () => (await told('h1')).length === 1)
  expect((await relays()).map((one) => one.relay)).not.toContain('fra-1')
})

test('a host that is removed is given nothing by a coordinator any more, and neither is a relay on its behalf', async () => {
  const { text } = await fleet.api.post<TokenCreatedView>('/v1/tokens', { role: 'relay', hosts: 'fra-3' })
  const { paper } = await enrol(fleet, text, 'fra-3', 'relay')
  expect(await asked(paper, granted['h1']!.grant)).toBe('root')
  await fleet.api.ask('DELETE', '/v1/hosts/h1')
  await until('its grant is worth nothing', async () => (await asked(papers['h1']!, granted['h1']!.grant)) === 'refused')
  expect([await asked(paper, granted['h1']!.grant), await asked(paper, granted['h2']!.grant)]).toEqual(['refused', 'root'])
})
