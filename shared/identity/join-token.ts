/**
 * What an administrator hands to a machine that is to join: where the coordinator is, the pin of its authority, and a secret. The machine trusts
 * nobody whose authority has another pin, so the token is all that has to reach it by a trusted way.
 */
import { z } from 'zod'
import { PIN_PATTERN } from './pin.ts'

/** Easy to find where it must not be: secret scanners look for such a prefix. */
const PREFIX = 'mstj_'

const joinTokenSchema = z.object({
  /** The coordinators' HTTPS address. */
  url: z.url({ protocol: /^https$/ }),
  pin: z.string().regex(PIN_PATTERN),
  id: z.string().min(1),
  secret: z.string().min(1),
})

export type JoinToken = z.output<typeof joinTokenSchema>

export function formatJoinToken(token: JoinToken): string {
  return PREFIX + Buffer.from(JSON.stringify(token)).toString('base64url')
}

/** Null for what is no join token: cut off, mistyped, or something else. */
export function parseJoinToken(text: string): JoinToken | null {
  if (!text.startsWith(PREFIX)) return null
  try {
    return joinTokenSchema.parse(JSON.parse(Buffer.from(text.slice(PREFIX.length), 'base64url').toString('utf8')))
  } catch {
    return null
  }
}
