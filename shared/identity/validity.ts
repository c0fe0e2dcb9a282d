/** Whether a certificate is good at a time. Where it is not, the clock may be as wrong as the certificate, so both are named. */
import type { X509Certificate } from 'node:crypto'

export type Validity = Pick<X509Certificate, 'validFromDate' | 'validToDate'>

/** Null: it is good. Otherwise for a person: `whose` stands before "certificate". */
export function untimely({ validFromDate, validToDate }: Validity, whose: string, nowMs: number): string | null {
  if (validFromDate.getTime() <= nowMs && nowMs < validToDate.getTime()) return null
  const [clock, from, to] = [new Date(nowMs), validFromDate, validToDate].map((date) => date.toISOString())
  return `this host's clock says ${clock}, ${whose} certificate is good from ${from} to ${to}`
}
