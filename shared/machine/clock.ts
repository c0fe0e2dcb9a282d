/** A host whose clock is wrong takes good certificates for bad ones; TLS says only that, so whoever reads the log is told both times. */
import { untimely } from '../identity/validity.ts'
import { shownBy } from '../identity/pinned-authority.ts'

/** As OpenSSL says it, and as Node names it. */
const ABOUT_TIME = /certificate (is not yet valid|has expired)|CERT_NOT_YET_VALID|CERT_HAS_EXPIRED/

/** What failed, and the times if it was for them. @param url of who showed the certificate */
export async function withTimes(reason: string, url: string, signal: AbortSignal): Promise<string> {
  if (!ABOUT_TIME.test(reason)) return reason
  const chain = await shownBy(url, signal).catch(() => [])
  const late = chain.map((certificate) => untimely(certificate, `the coordinator's`, Date.now())).find((one) => one !== null)
  return late === undefined || late === null ? reason : `${reason}: ${late}`
}
