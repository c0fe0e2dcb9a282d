/** When a certificate is renewed. Pure: milliseconds since the epoch by this host's clock, and a random number from 0 to 1 that is drawn once for each. */

/** Of the time for which it was good when it came. */
const RENEW_AT = 2 / 3
/** Up to this share earlier or later: a fleet that was enrolled together is not renewed together. */
const RENEW_JITTER = 0.1

export type Life = { obtainedAtMs: number; expiresAtMs: number }

export function renewAtMs({ obtainedAtMs, expiresAtMs }: Life, random: number): number {
  const share = RENEW_AT + RENEW_JITTER * (2 * random - 1)
  return obtainedAtMs + (expiresAtMs - obtainedAtMs) * share
}
