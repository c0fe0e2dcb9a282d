/** How a machine's certificate stands. Pure. A machine renews its own long before it expires, so one that is about to says that something is wrong. */

/** A quarter of the time that a certificate is good. */
export const EXPIRING_WITHIN_MS = 6 * 3_600_000

export const CERTIFICATE_STATES = ['good', 'expiring', 'expired'] as const
export type CertificateState = (typeof CERTIFICATE_STATES)[number]

export function certificateState(expiresAtMs: number, now: number): CertificateState {
  if (expiresAtMs <= now) return 'expired'
  return expiresAtMs - now < EXPIRING_WITHIN_MS ? 'expiring' : 'good'
}
