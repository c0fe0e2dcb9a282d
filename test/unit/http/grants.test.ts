/** Whole artifacts are for administrators: hosts fetch pieces, elsewhere, and what lets them is worth nothing here. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Readable } from 'node:stream'
import { GRANT_VALID_MS } from '../../../shared/artifact-grant.ts'
import { sha256 } from '../../../shared/digest.ts'
import { testKeys } from '../../keys.ts'
import { tar } from '../artifacts/tar-fixture.ts'
import { NOBODY, serve } from './served.ts'
import type { Served } from './served.ts'

const bytes = tar([{ path: 'app', content: 'hello' }])
const digest = sha256(bytes)

let http: Served
beforeAll(async () => {
  http = await serve()
  await http.deps.artifacts.put(Readable.from([bytes]), { field: 'srv', declaredDigest: digest })
})
afterAll(() => http.stop())

async function fetched(authorization: string): Promise<{ status: number; body: Buffer }> {
  const response = await http.app.inject({ method: 'GET', url: `/v1/artifacts/${digest}`, headers: { authorization } })
  return { status: response.statusCode, body: response.rawPayload }
}

it('an admin has it back as it was sent', async () => {
  expect(await fetched(http.as('ann').authorization)).toEqual({ status: 200, body: bytes })
  expect((await fetched(http.as('vera').authorization)).status).toBe(403)
  expect((await fetched(NOBODY.authorization)).status).toBe(401)
})

it('a grant of a host opens nothing', async () => {
  const { signer } = await testKeys()
  const grant = signer.grantArtifact({ host: 'h1', digest, dc: '', roots: [digest], expiresAtMs: Date.now() + GRANT_VALID_MS })
  for (const text of [`Grant ${grant}`, 'Grant a b', `Grant ${grant}, Bearer x`]) expect((await fetched(text)).status).toBe(401)
})
