import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { SecureVersion, TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { httpsServing } from '../../../coordinator/adapters/keys/https-options.ts'
import { activateAuthority, addAuthority, retireAuthority } from '../../../coordinator/adapters/keys/rotation.ts'
import { serveCertificates } from '../../../coordinator/adapters/keys/served.ts'
import type { ServeOptions } from '../../../coordinator/adapters/keys/served.ts'
import { COORDINATOR_NAME } from '../../../shared/identity/names.ts'
import { asFiles, live, listening, made, NEVER_MS, silent, temporary } from './fixture.ts'

async function serving(options: Partial<ServeOptions> = {}) {
  const dir = join(await temporary(), 'keys')
  const keys = await live(dir)
  const served = await serveCertificates({ keys, names: { dns: ['localhost'] }, own: null, clock: Date.now, log: silent, lookEveryMs: NEVER_MS, ...options })
  const serving = httpsServing(served)
  const server = createServer(serving.options, (_request, response) => void response.end('here'))
  serving.follow(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    served.close()
    server.close()
    server.closeAllConnections()
  })
  return { dir, keys, served, port: (server.address() as AddressInfo).port }
}

type Dialled = { subject: string; fingerprint: string; socket: TLSSocket }

/** @param servername empty: none is named */
async function dial(port: number, servername: string, maxVersion: SecureVersion = 'TLSv1.3'): Promise<Dialled> {
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false, minVersion: 'TLSv1.1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  const { subject, fingerprint256 } = socket.getPeerCertificate()
  return { subject: String(subject.CN), fingerprint: fingerprint256, socket }
}

/** Over a connection that is there already. */
async function ask({ socket }: Dialled): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const answer = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => null)]) as [Buffer] | null
  if (answer === null) throw new Error('hung up')
  return answer[0].toString().split('\r\n')[0]!
}

test('everybody is shown a certificate of the authority; people may speak TLS 1.2, machines and older versions may not', async () => {
  const { port } = await serving()
  for (const name of ['', 'localhost', COORDINATOR_NAME]) expect((await dial(port, name)).subject).toBe('Muster coordinator')
  expect(await ask(await dial(port, 'localhost', 'TLSv1.2'))).toBe('HTTP/1.1 200 OK')
  expect(await ask(await dial(port, COORDINATOR_NAME))).toBe('HTTP/1.1 200 OK')
  await expect(dial(port, COORDINATOR_NAME, 'TLSv1.2').then(ask)).rejects.toThrow(/hung up|disconnected/)
  await expect(dial(port, 'localhost', 'TLSv1.1')).rejects.toThrow(/protocol version|no protocols available/)
})

test('with a certificate of their own people are shown that, and machines Muster’s', async () => {
  const own = await made({ ca: false, mayIssue: false })
  const { port } = await serving({ own: await asFiles(await temporary(), own.certificate, own.key) })
  expect((await dial(port, 'muster.example.com')).subject).toBe(own.name.slice('CN='.length))
  expect((await dial(port, '')).subject).toBe(own.name.slice('CN='.length))
  expect((await dial(port, COORDINATOR_NAME)).subject).toBe('Muster coordinator')
})

test('their own certificate that is replaced on disk is taken over; one that is damaged is not', async () => {
  const [own, next] = [await made({ ca: false, mayIssue: false }), await made({ ca: false, mayIssue: false })]
  const files = await asFiles(await temporary(), own.certificate, own.key)
  const { log, said } = listening()
  const { port, served } = await serving({ own: files, log })
  const before = await dial(port, 'localhost')
  await writeFile(files.certificate, next.certificate)
  await served.look()
  expect(said.at(-1)?.err?.message).toBe(`${files.key} holds the key of another certificate`)
  expect((await dial(port, 'localhost')).fingerprint).toBe(before.fingerprint)
  await writeFile(files.key, next.key)
  await served.look()
  expect((await dial(port, 'localhost')).subject).toBe(next.name.slice('CN='.length))
  expect(await ask(before)).toBe('HTTP/1.1 200 OK')
})

test.each(['certificate', 'key'] as const)('their own %s that cannot be read is refused at the start', async (which) => {
  const own = await made()
  const files = await asFiles(await temporary(), own.certificate, own.key)
  await writeFile(files[which], 'nonsense')
  const problem = { code: 'config_invalid', field: files[which], message: `${files[which]} cannot be understood` }
  await expect(serving({ own: files })).rejects.toMatchObject({ problem })
})

test('Muster’s certificate is renewed when half of its time is over, and connections stay', async () => {
  let nowMs = Date.now()
  const { port, served } = await serving({ clock: () => nowMs })
  const before = await dial(port, COORDINATOR_NAME)
  nowMs += 3 * 86_400_000
  await served.look()
  expect((await dial(port, COORDINATOR_NAME)).fingerprint).toBe(before.fingerprint)
  nowMs += 86_400_000
  await served.look()
  const after = await dial(port, COORDINATOR_NAME)
  expect(after.fingerprint).not.toBe(before.fingerprint)
  expect((await dial(port, '')).fingerprint).toBe(after.fingerprint)
  expect(await ask(before)).toBe('HTTP/1.1 200 OK')
})

test('it stays while another authority begins to issue, and is made anew by itself when its own is retired', async () => {
  const { dir, keys, served, port } = await serving()
  const before = await dial(port, COORDINATOR_NAME)
  const pin = keys.authority.pin
  const showing = (count: number) => new Promise<void>((resolve) => served.onChange(({ trusted }) => trusted.length === count && resolve()))
  const [both, one] = [showing(2), showing(1)]
  await addAuthority(dir, null, Date.now())
  await activateAuthority(dir, 'authority-2', Date.now())
  await keys.look()
  await both
  expect((await dial(port, COORDINATOR_NAME)).fingerprint).toBe(before.fingerprint)
  expect(keys.authority.pin).toBe(pin)
  await retireAuthority(dir, 'authority-1')
  await keys.look()
  await one
  expect((await dial(port, COORDINATOR_NAME)).fingerprint).not.toBe(before.fingerprint)
  expect(keys.authority.pin).toBe(keys.current().issuer.pin)
})
