/** Gives tokens out and takes them back. The secret is in the answer, once; what is kept is its hash. */
import { randomBytes } from 'node:crypto'
import { DEFAULT_API_TTL_MS, DEFAULT_JOIN_TTL_MS, isMachineRole } from '../../shared/api/token.ts'
import type { TokenWanted } from '../../shared/api/token.ts'
import { sha256 } from '../../shared/digest.ts'
import { problem } from '../../shared/errors.ts'
import type { Token, Tokens } from './ports/tokens.ts'

const ID_BYTES = 6
const SECRET_BYTES = 32

/** @param by who asked for it. @throws MusterError token_limit */
export async function createToken(tokens: Tokens, wanted: TokenWanted, by: string, nowMs: number): Promise<{ token: Token; secret: string }> {
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const token = tokenOf(wanted, { id: randomBytes(ID_BYTES).toString('hex'), createdAtMs: nowMs, createdBy: by, lastUsedAtMs: null })
  await tokens.add(token, sha256(secret))
  return { token, secret }
}

/** From now on it is good for nothing; machines that have joined with it stay. @throws MusterError token_unknown */
export async function revokeToken(tokens: Tokens, id: string): Promise<void> {
  if (await tokens.remove(id)) return
  throw problem('token_unknown', `there is no token ${id}`, { field: 'id', expected: 'an id that `muster token list` shows' })
}

function tokenOf({ role, name = '', ttl, ...join }: TokenWanted, made: Pick<Token, 'id' | 'createdAtMs' | 'createdBy' | 'lastUsedAtMs'>): Token {
  if (!isMachineRole(role)) return { ...made, kind: 'api', role, name, expiresAtMs: made.createdAtMs + (ttl ?? DEFAULT_API_TTL_MS) }
  const { labels = {}, hosts = '*', uses = 1, replace = false } = join
  return { ...made, kind: 'join', role, labels, hosts, usesLeft: uses, replace, expiresAtMs: made.createdAtMs + (ttl ?? DEFAULT_JOIN_TTL_MS) }
}
