/** Who may fetch an artifact: a machine that is still here, with a grant for just that, and admins. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Readable } from 'node:stream'
import { formatGrant, grantPayload, GRANT_PAYLOAD_TYPE, GRANT_VALID_MS } from '../../../shared/artifact-grant.ts'
import type { ArtifactGrant } from '../../../shared/artifact-grant.ts'
import { sha256 } from '../../../shared/digest.ts'
import { pinOfKey } from '../../../shared/identity/pin.ts'
import { signPayload } from '../../../shared/signing.ts'
import { machine, makeKeys, testKeys } from '../../keys.ts'
import type { Keys } from '../../keys.ts'
import { tar } from '../artifacts/tar-fixture.ts'
import { NOBODY, serve } from './served.ts'
import type { Served } from './served.ts'

const bytes = tar([{ path: 'app', content: 'hello' }])
const digest = sha256(bytes)

let http: Served
let keys: Keys
beforeAll(async () => {
  http = await serve()
  keys = await testKeys()
  await http.deps.artifacts.put(Readable.from([bytes]), { field: 'srv', declaredDigest: digest })
})
beforeEach(() => join('h1'))
afterAll(() => http.stop())

async function join(host: string): Promise<void> {
  await http.tokens.remove('for-all')
  const token = { id: 'for-all', kind: 'join', role: 'agent', labels: {}, hosts: '*', usesLeft: 1, replace: true } as const
  await http.tokens.add({ ...token, createdAtMs: 1, createdBy: 'ann', expiresAtMs: 2 ** 52, lastUsedAtMs: null }, 'hash')
  await machine(keys, host)
  const certificate = { serial: '01', issuerPin: keys.authority.pin, issuedAtMs: 0, expiresAtMs: 2 ** 52 }
  const identity = { role: 'agent' as const, host, keyPin: keys.authority.pin, labels: {}, token: 'for-all', enrolledAtMs: 1, certificate }
  await http.deps.identities.admit(identity, true)
}

const now = () => http.bench.ports.clock()
const ofH1 = (): ArtifactGrant => ({ host: 'h1', digest, dc: '', roots: [], expiresAtMs: now() + GRANT_VALID_MS })
const granted = (more: Partial<ArtifactGrant> = {}) => keys.signer.grantArtifact({ ...ofH1(), ...more })

async function fetched(authorization: string, more: Record<string, string> = {}): Promise<{ status: number; body: Buffer }> {
  const response = await http.app.inject({ method: 'GET', url: `/v1/artifacts/${digest}`, headers: { authorization, ...more } })
  return { status: response.statusCode, body: response.rawPayload }
}

it('a grant lets its machine fetch the artifact', async () => {
  expect(await fetched(`Grant ${granted()}`)).toEqual({ status: 200, body: bytes })
})

it('a grant for another artifact, one that has expired and one that was changed let nobody fetch it', async () => {
  const other = granted({ digest: 'f'.repeat(64) })
  const payload = grantPayload(ofH1()).toString('base64url')
  const changed = [payload, ...other.split('.').slice(1)].join('.')
  for (const grant of [other, granted({ expiresAtMs: now() }), changed, 'x', '..']) {
    const { status, body } = await fetched(`Grant ${grant}`)
    expect([grant, status, JSON.parse(body.toString())]).toMatchObject([grant, 403, { error: { code: 'forbidden', field: 'Authorization' } }])
  }
})

it('a grant that another authority’s key has signed, or a key that signs releases alone, is none', async () => {
  const grant = ofH1()
  expect((await fetched(`Grant ${(await makeKeys()).signer.grantArtifact(grant)}`)).status).toBe(403)
  const { key, publicKey } = keys.keyring.releases
  const payload = grantPayload(grant)
  const forged = formatGrant(payload, { keyId: pinOfKey(publicKey), signature: signPayload(key, GRANT_PAYLOAD_TYPE, payload) })
  expect((await fetched(`Grant ${forged}`)).status).toBe(403)
})

it('a machine that was removed fetches nothing more, however long its grant is good', async () => {
  const grant = granted()
  expect((await fetched(`Grant ${grant}`)).status).toBe(200)
  await http.deps.identities.remove('agent', 'h1')
  expect((await fetched(`Grant ${grant}`)).status).toBe(403)
  expect((await fetched(`Grant ${granted({ host: 'never-joined' })}`)).status).toBe(403)
})

it('what only begins like a grant is none', async () => {
  for (const text of ['Grant a b', `Grant ${granted()} x`, 'Grant  ', 'grant\ta b', `Grant ${granted()}, Bearer x`]) {
    const { status, body } = await fetched(text)
    expect([text, [401, 403].includes(status), body.equals(bytes)]).toEqual([text, true, false])
  }
})

it('without a grant it takes an admin', async () => {
  expect((await fetched(http.as('ann').authorization)).status).toBe(200)
  expect((await fetched(http.as('vera').authorization)).status).toBe(403)
  expect((await fetched(NOBODY.authorization)).status).toBe(401)
})
