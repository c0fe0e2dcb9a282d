/** Errors of a TLS handshake which say that whoever answers is not who was to answer: trying again right away does not help. */
const UNVERIFIED: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** @param error of a request; `fetch` has the reason as its cause */
export function isUnverified(error: Error): boolean {
  return UNVERIFIED.has(((error.cause ?? error) as NodeJS.ErrnoException).code ?? '')
}
