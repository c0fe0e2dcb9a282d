/** Another authority under a running fleet, of which a host is away while it begins to issue: no host is touched. Certificates are good for seconds here. */
import { once } from 'node:events'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { beforeAll, expect, test } from 'vitest'
import { certificateOf, readKept } from '../../shared/machine/kept.ts'
import type { Kept } from '../../shared/machine/kept.ts'
import { certificateRequest } from '../../shared/machine/request.ts'
import { authorityWith } from '../../coordinator/adapters/keys/authority.ts'
import { readKeyring } from '../../coordinator/adapters/keys/keyring.ts'
import { COORDINATOR_NAME } from '../../shared/identity/names.ts'
import { certificatesIn } from '../../shared/identity/pem.ts'
import type { HostView } from '../../shared/api/host.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { until } from './fleet/until.ts'
import { WebService } from './web-service.ts'

const HOUR_MS = 3_600_000

stopFleetsAfterwards()

let fleet: Fleet
let web: WebService

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 3, flags: ['--certificate-ttl', '20s'] })
  web = new WebService(fleet, 'web')
  await web.apply()
  for (const version of ['1', '2', '3', '4', '5']) await web.release(version)
  expect((await web.rollOut('1')).phase).toBe('succeeded')
})

async function ca(...args: string[]): Promise<void> {
  const { code, stderr } = await fleet.muster('ca', ...args, '--data-dir', fleet.coordinator.dataDir)
  if (code !== 0) throw new Error(stderr)
}

const keyDir = () => join(fleet.coordinator.dataDir, 'keys')

async function kept(host: string): Promise<Kept> {
  return (await readKept(join(fleet.dir, 'hosts', host, 'agent', 'identity')))!
}

async function issuerNow(): Promise<string> {
  const { issuer } = await readKeyring(keyDir(), Date.now(), null)
  return issuer.certificate.subject
}

async function leave(host: string): Promise<void> {
  expect(await fleet.agent(host).daemon.stop()).toBe(0)
  await until(`${host} is away`, async () => (await fleet.api.get<HostView>(`/v1/hosts/${host}`)).status === 'away')
}

const knowing = (count: number, hosts: readonly string[]) => until(`${hosts.join(', ')} trust ${count}`, async () => {
  const known = await Promise.all(hosts.map(kept))
  return known.every(({ authorities }) => certificatesIn(authorities).length === count)
})

const renewedBy = (issuer: string, hosts: readonly string[]) => until(`${hosts.join(', ')} have a certificate of ${issuer}`, async () => {
  const known = await Promise.all(hosts.map(kept))
  return known.every((one) => certificateOf(one).issuer === issuer)
})

/** One of the authority that issues now, which is good for long: only a retirement can be why it is refused. */
async function durable(host: string): Promise<Kept> {
  const own = await kept(host)
  const authority = authorityWith(await readKeyring(keyDir(), Date.now(), null), HOUR_MS)
  const { certificate } = await authority.issue(await certificateRequest(own.key, host), { role: 'agent', host }, Date.now())
  return { ...own, certificate }
}

/** HTTP/2 begins with a word of the server; whoever shows a certificate that is not good does not hear it. @param authorities whom the machine trusts */
async function isLetIn({ key, certificate }: Kept, authorities: string): Promise<boolean> {
  const port = Number(fleet.coordinator.grpc.split(':').at(-1))
  const socket = connect({ port, host: '127.0.0.1', servername: COORDINATOR_NAME, key, cert: certificate, ca: authorities, ALPNProtocols: ['h2'] })
  socket.on('error', () => undefined)
  const letIn = await Promise.race([once(socket, 'data').then(() => true), once(socket, 'close').then(() => false)])
  socket.destroy()
  return letIn
}

test('a host that is away while another authority is added and begins to issue finds its coordinators and follows; the one before is retired', async () => {
  const former = await durable('h3')
  await leave('h3')
  await ca('add')
  await knowing(2, ['h1', 'h2'])
  await ca('activate', 'authority-2')
  const issuer = await issuerNow()
  await renewedBy(issuer, ['h1', 'h2'])
  expect((await web.rollOut('2', {}, 'h1,h2')).phase).toBe('succeeded')
  expect(certificatesIn((await kept('h3')).authorities)).toHaveLength(1)
  expect(await isLetIn(former, former.authorities)).toBe(true)

  fleet.agent('h3').start(fleet.coordinator.grpc)
  await fleet.connected()
  await renewedBy(issuer, ['h3'])
  expect((await web.rollOut('3')).phase).toBe('succeeded')
  expect(await web.versions()).toEqual({ h1: '3', h2: '3', h3: '3' })

  const { authorities } = await kept('h3')
  await ca('retire', 'authority-1')
  await until('a certificate of the retired authority is refused', async () => !await isLetIn(former, authorities))
  expect(await isLetIn(await durable('h3'), authorities)).toBe(true)
  await knowing(1, fleet.hosts)
  await fleet.connected()
  expect((await web.rollOut('4')).phase).toBe('succeeded')
  expect(await web.versions()).toEqual({ h1: '4', h2: '4', h3: '4' })
}, 240_000)

test('an agent whose certificate has expired while it was stopped renews it and comes back', async () => {
  const before = await kept('h2')
  await leave('h2')
  const { validToDate } = certificateOf(await kept('h2'))
  await until('the certificate has expired', () => Date.now() > validToDate.getTime())
  fleet.agent('h2').start(fleet.coordinator.grpc)
  await fleet.connected(['h2'])
  const after = await kept('h2')
  expect(after.key).toBe(before.key)
  expect(certificateOf(after).validToDate.getTime()).toBeGreaterThan(validToDate.getTime())
  expect((await web.rollOut('5', {}, 'h2')).phase).toBe('succeeded')
}, 120_000)
