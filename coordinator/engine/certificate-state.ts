/** How a machine's certificate stands. Pure. A machine renews its own long before it expires, so one that is about to says that something is wrong. */

/** Of the time that a certificate is good: machines renew theirs when a third is left. */
export const EXPIRING_SHARE = 0.25

export const CERTIFICATE_STATES = ['good', 'expiring', 'expired'] as const
export type CertificateState = (typeof CERTIFICATE_STATES)[number]

/** All in milliseconds since the epoch. */
export function certificateState({ issuedAtMs, expiresAtMs }: { issuedAtMs: number; expiresAtMs: number }, now: number): CertificateState {
  if (expiresAtMs <= now) return 'expired'
  return expiresAtMs - now < EXPIRING_SHARE * (expiresAtMs - issuedAtMs) ? 'expiring' : 'good'
}
