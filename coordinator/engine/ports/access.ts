/** Who may use the API. */
import type { ApiRole } from '../../../shared/identity/roles.ts'

/** `token`: the id of the token that was shown; `expiresAtMs` null: it does not expire. */
export type Principal = { name: string; role: ApiRole; token: string; expiresAtMs: number | null }

export interface Access {
  /** Null: nobody's token, or no longer. @throws MusterError unavailable: nobody can tell right now */
  authenticate(text: string): Promise<Principal | null>
}
