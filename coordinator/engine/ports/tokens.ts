/** Tokens that an administrator gives out: to people and pipelines for the API, to machines for joining. Shown once; only a hash of the secret is kept. */
import type { MachineRole } from '../../../shared/identity/names.ts'
import type { ApiRole } from '../../../shared/identity/roles.ts'

/** Those that have expired included. */
export const MAX_TOKENS = 1000
/** For how long one that has expired is still shown. */
export const EXPIRED_TOKEN_KEPT_MS = 7 * 24 * 3_600_000

type Common = { id: string; createdAtMs: number; createdBy: string; expiresAtMs: number; lastUsedAtMs: number | null }

/** `name`: who acts with it; the audit says so. */
export type ApiToken = Common & { kind: 'api'; role: ApiRole; name: string }
/** `hosts`: a glob over the names that it admits. `replace`: it also admits a machine whose name has an identity already, which then ends. */
export type JoinTokenRecord = Common & {
  kind: 'join'; role: MachineRole; labels: Record<string, string>; hosts: string; usesLeft: number; replace: boolean
}
export type Token = ApiToken | JoinTokenRecord

export interface Tokens {
  /** @param secretHash SHA-256 of the secret as it is written, in hex. @throws MusterError token_limit */
  add(token: Token, secretHash: string): Promise<void>
  /** Null: no such token, another secret, or what is kept is not what was written. Says nothing of expiry. */
  find(id: string, secretHash: string): Promise<Token | null>
  /** In the order in which they were made; those that expired more than EXPIRED_TOKEN_KEPT_MS ago are forgotten. */
  all(): Promise<Token[]>
  /** Remembered for showing; may be lost. */
  used(id: string, nowMs: number): void
  /** False: there was none. */
  remove(id: string): Promise<boolean>
}
