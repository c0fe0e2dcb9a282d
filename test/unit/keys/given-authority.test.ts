import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { certificateRequest, makeKeys } from '../../keys.ts'
import { certify } from '../../../coordinator/adapters/keys/certificates.ts'
import { readGivenAuthority } from '../../../coordinator/adapters/keys/given-authority.ts'
import { openKeyring } from '../../../coordinator/adapters/keys/keyring.ts'
import { asFiles, live, made, RSA, temporary } from './fixture.ts'
import { adminTokenIn } from '../../../coordinator/adapters/keys/key-directory.ts'
import { signerKeys } from '../../../shared/identity/signer-keys.ts'

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const P384 = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' } as const
const P521 = { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' } as const

test.each([
  ['P-256', P256], ['P-384', P384], ['RSA 2048', RSA(2048)],
])('an authority of ours with %s issues, for machines and for signing keys', async (_name, algorithm) => {
  const dir = await temporary()
  const own = await made({ algorithm })
  const keys = await live(join(dir, 'keys'), { given: await asFiles(dir, own.certificate, own.key) })
  const issued = await keys.authority.issue((await certificateRequest('web-1')).request, { role: 'agent', host: 'web-1' }, Date.now())
  const authority = new X509Certificate(own.certificate)
  expect(new X509Certificate(issued.certificate).verify(authority.publicKey)).toBe(true)
  expect(await keys.authority.holderOf(issued.certificate)).toMatchObject({ role: 'agent', host: 'web-1' })
  expect(signerKeys({ authorities: [authority.raw], signers: keys.authority.trust().signers }, 'orders', Date.now()).size).toBe(1)
})

test('an intermediate one comes with those above it, and alone is what is trusted', async () => {
  const dir = await temporary()
  const root = await made()
  const between = await made({ issuer: root })
  const given = await asFiles(dir, between.certificate + root.certificate, between.key)
  const keys = await live(join(dir, 'keys'), { given })
  expect(keys.current().issuer.above.map((one) => one.subject)).toEqual([root.name])
  expect(keys.authority.trust().authorities).toEqual([new X509Certificate(between.certificate).raw])
})

test('the directory then has no authority of its own, and does not start without the files', async () => {
  const dir = await temporary()
  const own = await made()
  await live(join(dir, 'keys'), { given: await asFiles(dir, own.certificate, own.key) })
  expect(await adminTokenIn(join(dir, 'keys'))).not.toBeNull()
  await expect(openKeyring(join(dir, 'keys'), Date.now())).rejects.toThrow(/issuer is missing/)
})

test('one that begins to be given leaves the directory’s own trusted', async () => {
  const dir = await temporary()
  const before = await live(join(dir, 'keys'))
  const own = await made()
  const keys = await live(join(dir, 'keys'), { given: await asFiles(dir, own.certificate, own.key) })
  expect(keys.authority.trust().authorities).toEqual([new X509Certificate(own.certificate).raw, before.current().issuer.certificate.raw])
  expect(keys.fingerprint).toBe(before.fingerprint)
})

test.each([
  ['P-521', () => made({ algorithm: P521 }), /a kind that authorities cannot have here \(ec secp521r1\)/, 'key'],
  ['Ed25519', () => made({ algorithm: { name: 'Ed25519' } }), /\(ed25519\)/, 'key'],
  ['RSA 1024', () => made({ algorithm: RSA(1024) }), /\(rsa 1024\)/, 'key'],
  ['no authority', () => made({ ca: false }), /CA:TRUE or keyCertSign is missing/, 'certificate'],
  ['may not issue', () => made({ mayIssue: false }), /CA:TRUE or keyCertSign is missing/, 'certificate'],
  ['expired', () => made({ validMs: -1000 }), /has expired/, 'certificate'],
] as const)('is refused: %s', async (_name, make, message, which) => {
  const dir = await temporary()
  const { certificate, key } = await make()
  const files = await asFiles(dir, certificate, key)
  await expect(readGivenAuthority(files, Date.now())).rejects.toMatchObject({
    problem: { code: 'config_invalid', field: files[which], message: expect.stringMatching(message), expected: expect.stringContaining('P-384') },
  })
})

test('is refused: another one’s key, a key that others can read, a file that is none, a chain out of order', async () => {
  const dir = await temporary()
  const [root, other] = [await made(), await made()]
  const between = await made({ issuer: root })
  const files = await asFiles(dir, between.certificate + root.certificate, between.key)
  const refused = () => readGivenAuthority(files, Date.now()).then(() => null, (error: Error) => error.message.replaceAll(dir, '.'))
  expect(await refused()).toBeNull()
  await chmod(files.key, 0o644)
  expect(await refused()).toBe('./ca.key is open to others: its mode is 644')
  await chmod(files.key, 0o600)
  await writeFile(files.key, other.key)
  expect(await refused()).toBe('./ca.key holds the key of another certificate')
  await writeFile(files.key, 'nonsense')
  expect(await refused()).toBe('./ca.key holds a key that cannot be read')
  await writeFile(files.certificate, between.certificate + other.certificate)
  expect(await refused()).toMatch(/certificates out of order/)
  await writeFile(files.certificate, 'nonsense')
  expect(await refused()).toMatch(/holds no certificate/)
})

test.each([
  [['muster:agent:web-1'], 'web-1'],
  [['muster:agent:web-1', 'muster:agent:web-2'], null],
  [['https://example.com', 'muster:agent:web-1'], null],
  [['muster:signer:orders'], null],
  [['x, URI:muster:agent:web-1, URI:y'], null],
])('an authority that issues others’ certificates as well: of %j, what names exactly one machine is one', async (uris, host) => {
  const { keyring, authority } = await makeKeys()
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = await certify(keyring.issuer, publicKey, { subject: 'CN=x', names: { uris }, usage: 'machine', validMs: 60_000 }, Date.now())
  expect((await authority.holderOf(certificate))?.host ?? null).toBe(host)
})
