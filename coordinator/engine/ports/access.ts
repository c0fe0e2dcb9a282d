/** Who may use the API. */
import type { ApiRole } from './tokens.ts'

/** `token`: the id of the token that was shown. */
export type Principal = { name: string; role: ApiRole; token: string }

export interface Access {
  /** Null: nobody's token, or no longer. @throws MusterError unavailable: nobody can tell right now */
  authenticate(text: string): Promise<Principal | null>
}
