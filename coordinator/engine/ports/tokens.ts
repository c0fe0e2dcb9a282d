/** Tokens that an administrator gives out: to people and pipelines for the API, to machines for joining. Shown once; only a hash of the secret is kept. */
import type { MachineRole } from '../../../shared/identity/names.ts'

export const API_ROLES = ['viewer', 'admin'] as const
export type ApiRole = (typeof API_ROLES)[number]

type Common = { id: string; createdAtMs: number; createdBy: string; expiresAtMs: number; lastUsedAtMs: number | null }

/** `name`: who acts with it; the audit says so. */
export type ApiToken = Common & { kind: 'api'; role: ApiRole; name: string }
/** `hosts`: a glob over the names that it admits. `replace`: it also admits a machine whose name has an identity already, which then ends. */
export type JoinTokenRecord = Common & {
  kind: 'join'; role: MachineRole; labels: Record<string, string>; hosts: string; usesLeft: number; replace: boolean
}
export type Token = ApiToken | JoinTokenRecord

export interface Tokens {
  /** @param secretHash SHA-256 of the secret, in hex */
  add(token: Token, secretHash: string): Promise<void>
  /** Null: no such token, another secret, or what is kept is not what was written. Says nothing of expiry. */
  find(id: string, secretHash: string): Promise<Token | null>
  all(): Promise<Token[]>
  /** Takes one use of a join token. False: none was left, or it is gone. */
  spend(id: string): Promise<boolean>
  /** Remembered for showing; may be lost. */
  used(id: string, nowMs: number): void
  remove(id: string): Promise<boolean>
}
