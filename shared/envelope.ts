/** A DSSE envelope as it travels and is kept: a payload of a stated type, and who has signed it. Bytes are base64. */
import { z } from 'zod'
import type { KeyObject } from 'node:crypto'
import { isSignedBy } from './signing.ts'

/** The owner's key, the coordinator's, and a few more. */
export const MAX_SIGNATURES = 8
export const PAYLOAD_CHARS = 16 * 1024

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, 'expected base64')

export const envelopeSchema = z.object({
  payloadType: z.string().min(1).max(128),
  payload: base64.max(PAYLOAD_CHARS),
  signatures: z.array(z.object({ keyid: z.string().max(128), sig: base64.max(256) })).max(MAX_SIGNATURES),
})

export type Envelope = z.output<typeof envelopeSchema>

/** Which of `keys`, by their ids, have signed the envelope. A signature that is not right says nothing. */
export function signersOf({ payloadType, payload, signatures }: Envelope, keys: ReadonlyMap<string, KeyObject>): string[] {
  const bytes = Buffer.from(payload, 'base64')
  return signatures.flatMap(({ keyid, sig }) => {
    const key = keys.get(keyid)
    return key !== undefined && isSignedBy(key, payloadType, bytes, Buffer.from(sig, 'base64')) ? [keyid] : []
  })
}
