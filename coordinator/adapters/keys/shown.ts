/**
 * Which authority a coordinator shows itself with: the oldest that is still trusted. A machine that was away while another one was added and began
 * to issue knows only that one, and could not tell a coordinator from a stranger by any other.
 */
import type { KnownAuthority, IssuingAuthority } from './known-authority.ts'
import type { Keyring } from './keyring.ts'

/** One whose time is nearly over is shown no more: what it issues would not last. */
export const LAST_DAYS_MS = 7 * 86_400_000

export function shownAuthority({ byAge, issuer }: Pick<Keyring, 'byAge' | 'issuer'>, nowMs: number): IssuingAuthority {
  return byAge.find((one) => lastsPast(one, nowMs + LAST_DAYS_MS)) ?? issuer
}

function lastsPast({ certificate }: KnownAuthority, atMs: number): boolean {
  return certificate.validToDate.getTime() > atMs
}
