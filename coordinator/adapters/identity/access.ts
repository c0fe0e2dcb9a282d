/**
 * Whose token it is: the administrator's, which lies in the key directory, or one out of the store. Owns that whoever was let in is asked about again
 * within REMEMBERED_MS, so that a token that was revoked, has expired, or was removed from the key directory lets nobody in for longer than that.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Logger } from 'pino'
import { sha256 } from '../../../shared/digest.ts'
import { parseApiToken } from '../../../shared/identity/api-token.ts'
import type { Access, Principal } from '../../engine/ports/access.ts'
import type { Tokens } from '../../engine/ports/tokens.ts'

/** Redis is asked once in this time for each token, and not for each request. */
export const REMEMBERED_MS = 2000
/** The one that was let in first goes first. */
export const MAX_REMEMBERED = 1000
/** Who holds the token of the key directory, and what the record calls that token. */
export const ADMIN = { name: 'admin', role: 'admin', token: 'admin', expiresAtMs: null } as const satisfies Principal

type Sources = {
  tokens: Pick<Tokens, 'find' | 'used'>
  /** What the key directory has now; null: nothing, or no longer. */
  adminToken: () => Promise<string | null>
  clock: () => number
  log: Logger
}

type LetIn = { principal: Principal; sinceMs: number; untilMs: number }

export function tokenAccess({ tokens, adminToken, clock, log }: Sources): Access {
  const letIn = new Map<string, LetIn>()
  let saidOfAdminToken = ''

  return {
    async authenticate(text) {
      const shown = sha256(text)
      const known = letIn.get(shown)
      if (known !== undefined && isStillGood(known, clock())) return known.principal
      letIn.delete(shown)
      const found = await administrator(shown) ?? await holder(text)
      if (found === null) return null
      const [oldest] = letIn.keys()
      if (letIn.size >= MAX_REMEMBERED && oldest !== undefined) letIn.delete(oldest)
      letIn.set(shown, found)
      return found.principal
    },
  }

  async function administrator(shown: string) {
    const text = await adminToken().catch(noAdminToken)
    if (text === null || !timingSafeEqual(Buffer.from(shown), Buffer.from(sha256(text)))) return null
    return { principal: ADMIN, sinceMs: clock(), untilMs: clock() + REMEMBERED_MS }
  }

  /** A file that is damaged or open to others shuts out whoever holds it, and nobody else. */
  function noAdminToken(error: unknown): null {
    const why = error instanceof Error ? error.message : String(error)
    if (why !== saidOfAdminToken) log.error({ err: error }, 'the admin token of the key directory lets nobody in')
    saidOfAdminToken = why
    return null
  }

  async function holder(text: string) {
    const parsed = parseApiToken(text)
    if (parsed === null) return null
    const nowMs = clock()
    const token = await tokens.find(parsed.id, sha256(parsed.secret))
    if (token?.kind !== 'api' || token.expiresAtMs <= nowMs) return null
    tokens.used(token.id, nowMs)
    const principal: Principal = { name: token.name, role: token.role, token: token.id, expiresAtMs: token.expiresAtMs }
    return { principal, sinceMs: nowMs, untilMs: Math.min(nowMs + REMEMBERED_MS, token.expiresAtMs) }
  }
}

/** A clock that was set back must not make it last. */
function isStillGood({ sinceMs, untilMs }: LetIn, nowMs: number): boolean {
  return sinceMs <= nowMs && nowMs < untilMs
}
