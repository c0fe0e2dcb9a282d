/** What is shown to get in, and what vouches for a release: tokens, certificate requests, grants, envelopes with their statements. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import type { Authority } from '../../../coordinator/engine/ports/keys.ts'
import { requestedKey } from '../../../coordinator/adapters/keys/certificates.ts'
import { formatGrant, GRANT_PAYLOAD_TYPE, grantPayload, verifyGrant } from '../../../shared/artifact-grant.ts'
import { envelopeSchema, signersOf } from '../../../shared/envelope.ts'
import { MusterError } from '../../../shared/errors.ts'
import { formatJoinToken, parseJoinToken } from '../../../shared/identity/join-token.ts'
import { publicKeyLine, readPublicKey } from '../../../shared/identity/public-key.ts'
import { signerKeys } from '../../../shared/identity/signer-keys.ts'
import type { Trust } from '../../../shared/message.ts'
import { releaseStatementSchema } from '../../../shared/release-statement.ts'
import { signPayload } from '../../../shared/signing.ts'
import { damaged, damagedText, loosely, mostly, refusalIn, subject } from '../subject.ts'
import type { Subject } from '../subject.ts'

const hex = fc.stringMatching(/^[0-9a-f]{64}$/)
const joinToken = fc.record({ url: fc.webUrl({ validSchemes: ['https', 'http'] }), pin: hex.map((one) => `sha256:${one}`), id: fc.string(), secret: fc.string() })

export const joinTokens = subject('join tokens', damagedText(joinToken.map(formatJoinToken)), (text) => (parseJoinToken(text) === null ? 'refused' : 'accepted'))

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const keys = new Map([['k', publicKey]])

const grant = fc.record({
  host: fc.constantFrom('web-1', 'Bad Name'), digest: hex, dc: fc.constantFrom('', 'fra'), roots: fc.array(hex, { maxLength: 5 }), expiresAtMs: fc.integer({ min: 0, max: 2000 }),
}).map((one) => {
  const payload = grantPayload(one)
  return formatGrant(payload, { keyId: 'k', signature: signPayload(privateKey, GRANT_PAYLOAD_TYPE, payload) })
})

export const grants = subject('artifact grants', damagedText(grant), (text) => (verifyGrant(text, keys, 1000) === null ? 'refused' : 'accepted'))

const artifact = fc.record({ digest: hex, sizeBytes: mostly(fc.nat(), fc.constant(-1)), entries: fc.nat() })
const statement = fc.tuple(fc.record({
  service: fc.constant('web'), version: mostly(fc.constant('1.0'), fc.constant('../1')), srv: artifact, cmd: fc.option(artifact),
  provenance: fc.record({ by: fc.string(), commit: fc.option(fc.string()), build: fc.option(fc.string()), atMs: fc.nat() }),
}), loosely({ cmd: fc.constant(null) })).map(([whole, odd]) => ({ ...whole, ...odd }))
const envelope = damagedText(fc.tuple(statement, fc.boolean()).map(([value, isSigned]) => {
  const payload = Buffer.from(JSON.stringify(value))
  const sig = isSigned ? signPayload(privateKey, 't', payload) : Buffer.alloc(64)
  return JSON.stringify({ payloadType: 't', payload: payload.toString('base64'), signatures: [{ keyid: 'k', sig: sig.toString('base64') }] })
}))

/** Of a release, as it comes over HTTP. */
export const releases = subject('signed releases', envelope, (text) => {
  const read = envelopeSchema.safeParse(parsed(text))
  if (!read.success || signersOf(read.data, keys).length === 0) return 'refused'
  return releaseStatementSchema.safeParse(parsed(Buffer.from(read.data.payload, 'base64').toString('utf8'))).success ? 'accepted' : 'refused'
})

/** @param request a whole one, PEM */
export function certificateRequests(request: string): Subject {
  return subject('certificate requests', damagedText(fc.constant(request)), async (pem) => {
    try {
      await requestedKey(pem)
      return 'accepted'
    } catch (error) {
      if (error instanceof MusterError) return refusalIn(error.message)
      throw error
    }
  })
}

/** What anybody may send to have it renewed. @param certificate a whole one, PEM */
export function machineCertificates(authority: Pick<Authority, 'holderOf'>, certificate: string): Subject {
  return subject('machine certificates', damagedText(fc.constant(certificate)), async (pem) => {
    const holder = await authority.holderOf(pem)
    if (holder === null) return 'refused'
    if (holder.host !== 'web-1') throw new Error(`it has become ${holder.host}`)
    return 'accepted'
  })
}

/** The keys that agents are told to believe. */
export function signers({ authorities, signers: whole }: Trust): Subject {
  const pair = fc.tuple(damaged(fc.constantFrom(...authorities)), damaged(fc.constantFrom(...whole)))
  return subject('signers', pair, ([authority, signer]) => {
    const found = signerKeys({ authorities: [authority], signers: [signer] }, 'orders', Date.now())
    return found.size > 0 ? 'accepted' : 'refused'
  })
}

const writtenKey = fc.constantFrom(
  publicKeyLine(publicKey), publicKey.export({ type: 'spki', format: 'pem' }).toString(), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
)

export const publicKeys = subject('public keys', damagedText(writtenKey), (text) => {
  const key = readPublicKey(text)
  if (key === null) return 'refused'
  if (isPrivate(text)) throw new Error('a private key has been taken for a public one')
  return 'accepted'
})

function isPrivate(text: string): boolean {
  try {
    return createPrivateKey(text).type === 'private'
  } catch {
    return false
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
