/**
 * Tokens in Redis, sealed, under the tag `{identity}`: a token and the hash of its secret are one record. When each was used last lies beside them,
 * unsealed: it is for showing alone.
 */
import { timingSafeEqual } from 'node:crypto'
import { problem } from '../../../shared/errors.ts'
import { EXPIRED_TOKEN_KEPT_MS, MAX_TOKENS } from '../../engine/ports/tokens.ts'
import type { Token, Tokens } from '../../engine/ports/tokens.ts'
import { loadScript } from '../redis/script.ts'
import { SealedHash } from '../redis/sealed-hash.ts'
import type { SealedStore } from '../redis/sealed-texts.ts'

const TOKENS = '{identity}:tokens'
const USED = '{identity}:tokens-used'
/** That a token was used is written at most so often. */
export const USED_WRITTEN_EVERY_MS = 60_000

/** Without what is kept beside it. */
type Kept<T> = T extends Token ? Omit<T, 'lastUsedAtMs'> & { secretHash: string } : never
export type KeptToken = Kept<Token>

const addToken = loadScript<0 | 1>(new URL('./lua/token-add.lua', import.meta.url))

export function tokenRecords(store: SealedStore): SealedHash<KeptToken> {
  return new SealedHash(store, TOKENS)
}

export function redisTokens(store: SealedStore, clock: () => number): Tokens {
  const { redis, log } = store
  const records = tokenRecords(store)
  const written = new Map<string, number>()

  const isOver = ({ expiresAtMs }: KeptToken) => expiresAtMs + EXPIRED_TOKEN_KEPT_MS <= clock()

  /** Only where there is no room: a clock that was wrong for a moment must not cost anybody their token. */
  async function forgetThoseThatAreOver(): Promise<void> {
    const over = (await records.all()).filter(isOver).map(({ id }) => id)
    if (over.length > 0) await redis.multi().hdel(TOKENS, ...over).hdel(USED, ...over).exec()
  }

  return {
    async add({ lastUsedAtMs: _none, ...token }, secretHash) {
      const sealed = records.seal(token.id, { ...token, secretHash })
      const isAdded = async () => await addToken(redis, [TOKENS], [token.id, sealed, MAX_TOKENS]) === 1
      if (await isAdded()) return
      await forgetThoseThatAreOver()
      if (await isAdded()) return
      throw problem('token_limit', `there are ${MAX_TOKENS} tokens already`, { expected: 'that some are revoked first: `muster token list`' })
    },
    async find(id, secretHash) {
      const { value } = await records.read(id)
      return value !== null && isSame(value.secretHash, secretHash) ? shown(value, await redis.hget(USED, id)) : null
    },
    async all() {
      const [tokens, used] = await Promise.all([records.all(), redis.hgetall(USED)])
      const there = tokens.filter((token) => !isOver(token)).map((token) => shown(token, used[token.id] ?? null))
      return there.sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1))
    },
    used(id, nowMs) {
      if (nowMs - (written.get(id) ?? -Infinity) < USED_WRITTEN_EVERY_MS) return
      if (written.size >= MAX_TOKENS) written.clear()
      written.set(id, nowMs)
      redis.hset(USED, id, nowMs).catch((error: unknown) => log.debug({ err: error, token: id }, 'that a token was used is not remembered'))
    },
    async remove(id) {
      const [removed] = await redis.multi().hdel(TOKENS, id).hdel(USED, id).exec() ?? []
      return removed?.[1] === 1
    },
  }
}

function shown({ secretHash: _secret, ...token }: KeptToken, used: string | null): Token {
  return { ...token, lastUsedAtMs: used === null ? null : Number(used) }
}

function isSame(hash: string, given: string): boolean {
  const [a, b] = [Buffer.from(hash), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}
