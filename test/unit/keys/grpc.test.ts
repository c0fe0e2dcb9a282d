import { join } from 'node:path'
import { connect } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import type { LiveKeys } from '../../../coordinator/adapters/keys/live-keys.ts'
import { activateAuthority, addAuthority, retireAuthority } from '../../../coordinator/adapters/keys/rotation.ts'
import { COORDINATOR_NAME } from '../../../shared/identity/names.ts'
import { machine, makeKeys } from '../../keys.ts'
import { asFiles, live, made, temporary } from './fixture.ts'
import { dial, isLetIn, serveEcho } from './grpc-server.ts'

const pem = (keys: LiveKeys): string[] => keys.current().trusted.map(({ certificate }) => certificate.toString())

async function serving() {
  const dir = join(await temporary(), 'keys')
  const keys = await live(dir)
  return { dir, keys, ...await serveEcho(keys) }
}

test('a machine with a certificate of the authority is let in, by the name and by the address', async () => {
  const { keys, port } = await serving()
  for (const name of [COORDINATOR_NAME, 'localhost', null]) expect(await isLetIn(port, pem(keys), await machine(keys, 'web-1'), name)).toBe(true)
  expect(await isLetIn(port, pem(keys), await machine(keys, 'web-1'), 'elsewhere.example')).toBe(false)
})

test('nobody else is: without a certificate, with a self-made one, with an expired one, with one of other keys', async () => {
  const { keys, port } = await serving()
  const isRefused = async (one: { key: string; certificate: string } | null) => {
    const letIn = [await isLetIn(port, pem(keys), one), await isLetIn(port, pem(keys), one, null)]
    return letIn.every((isIn) => !isIn)
  }
  const selfMade = await made({ ca: false, mayIssue: false })
  expect(await isRefused(null)).toBe(true)
  expect(await isRefused(selfMade)).toBe(true)
  expect(await isRefused(await machine(keys, 'web-1', 'agent', Date.now() - 25 * 3_600_000))).toBe(true)
  expect(await isRefused(await machine(await makeKeys(), 'web-1'))).toBe(true)
  expect(await isRefused(await machine(keys, 'web-1'))).toBe(false)
})

test('a rotation drops no stream; those who have not renewed are let in until their authority is retired', async () => {
  const { dir, keys, port, served } = await serving()
  const first = pem(keys)
  const old = await machine(keys, 'web-1')
  const { echo } = await dial(port, first, old)
  expect(await echo('before')).toBe('before')

  await addAuthority(dir, null, Date.now())
  await keys.look()
  await served.look()
  const both = pem(keys)
  await activateAuthority(dir, 'authority-2', Date.now())
  await keys.look()
  await served.look()
  const renewed = await machine(keys, 'web-2')
  expect(await echo('meanwhile')).toBe('meanwhile')
  expect(await isLetIn(port, both, old)).toBe(true)
  expect(await isLetIn(port, both, renewed)).toBe(true)
  // who was away all the time knows nothing of the second one
  expect(await isLetIn(port, first, old)).toBe(true)
  expect(await isLetIn(port, first, await machine(keys, 'web-3'))).toBe(true)

  await retireAuthority(dir, 'authority-1')
  await keys.look()
  await served.look()
  expect(await echo('after')).toBe('after')
  expect(await isLetIn(port, both, old)).toBe(false)
  expect(await isLetIn(port, both, renewed)).toBe(true)
  expect(await isLetIn(port, first, renewed)).toBe(false)
})

test('under an intermediate authority nobody is let in whom only its root knows', async () => {
  const dir = await temporary()
  const root = await made()
  const [between, sibling] = [await made({ issuer: root }), await made({ issuer: root })]
  const keys = await live(join(dir, 'keys'), { given: await asFiles(dir, between.certificate + root.certificate, between.key) })
  const { port } = await serveEcho(keys)
  const foreign = await live(join(dir, 'other'), { given: await asFiles(await temporary(), sibling.certificate + root.certificate, sibling.key) })
  const stranger = await machine(foreign, 'web-1')
  expect(await isLetIn(port, pem(keys), await machine(keys, 'web-1'))).toBe(true)
  const withChain = { key: stranger.key, certificate: stranger.certificate + sibling.certificate }
  for (const name of [COORDINATOR_NAME, null]) expect(await isLetIn(port, pem(keys), withChain, name)).toBe(false)
  expect(await isLetIn(port, pem(keys), stranger)).toBe(false)
})

test('before and after a change nothing older than TLS 1.3 is spoken, and the chain ends with the authority', async () => {
  const { dir, keys, port, served } = await serving()
  expect(await chainOf(port, keys, 'TLSv1.3')).toEqual(pem(keys).at(0))
  await expect(chainOf(port, keys, 'TLSv1.2')).rejects.toThrow(/protocol version/)
  await addAuthority(dir, null, Date.now())
  await activateAuthority(dir, 'authority-2', Date.now())
  await retireAuthority(dir, 'authority-1')
  await keys.look()
  await served.look()
  expect(await chainOf(port, keys, 'TLSv1.3')).toEqual(pem(keys).at(0))
  await expect(chainOf(port, keys, 'TLSv1.2')).rejects.toThrow(/protocol version/)
})

/** The certificate that the server sends after its own. */
function chainOf(port: number, keys: LiveKeys, maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: COORDINATOR_NAME, ca: pem(keys), maxVersion, ALPNProtocols: ['h2'] })
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      const { issuerCertificate } = socket.getPeerCertificate(true)
      socket.destroy()
      resolve(new X509Certificate(issuerCertificate.raw).toString())
    })
  })
}
