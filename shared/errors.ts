/**
 * The error catalogue: every refusal that a person or a program can meet, once. Codes are stable and documented in
 * docs/errors.md (a test keeps both in step); each edge maps a kind to its own status in one place.
 */
export type ErrorKind =
  'invalid' | 'unauthenticated' | 'forbidden' | 'not-found' | 'conflict' | 'refused' | 'too-large' | 'too-many' | 'unavailable' | 'internal'

export const ERRORS = {
  body_invalid: 'invalid',
  config_invalid: 'invalid',
  yaml_invalid: 'invalid',
  flag_invalid: 'invalid',
  selector_invalid: 'invalid',
  strategy_invalid: 'invalid',
  service_invalid: 'invalid',
  version_invalid: 'invalid',
  time_invalid: 'invalid',
  package_invalid: 'invalid',
  digest_mismatch: 'invalid',
  piece_invalid: 'invalid',
  csr_invalid: 'invalid',
  signature_invalid: 'invalid',
  token_invalid: 'unauthenticated',
  identity_unknown: 'unauthenticated',
  certificate_refused: 'unauthenticated',
  forbidden: 'forbidden',
  grant_refused: 'forbidden',
  package_too_large: 'too-large',
  body_too_large: 'too-large',
  service_unknown: 'not-found',
  entry_unknown: 'not-found',
  release_unknown: 'not-found',
  rollout_unknown: 'not-found',
  schedule_unknown: 'not-found',
  freeze_unknown: 'not-found',
  host_unknown: 'not-found',
  relay_unknown: 'not-found',
  output_unknown: 'not-found',
  artifact_unknown: 'not-found',
  upload_unknown: 'not-found',
  webhook_unknown: 'not-found',
  delivery_unknown: 'not-found',
  token_unknown: 'not-found',
  route_unknown: 'not-found',
  release_exists: 'conflict',
  schedule_exists: 'conflict',
  freeze_exists: 'conflict',
  host_busy: 'conflict',
  service_busy: 'conflict',
  webhook_exists: 'conflict',
  upload_offset: 'conflict',
  idempotency_mismatch: 'conflict',
  idempotency_in_progress: 'conflict',
  host_enrolled: 'conflict',
  webhook_limit: 'refused',
  token_limit: 'refused',
  no_hosts: 'refused',
  release_retired: 'refused',
  frozen: 'refused',
  control_refused: 'refused',
  session_refused: 'refused',
  host_away: 'refused',
  tampered: 'refused',
  too_many_requests: 'too-many',
  unavailable: 'unavailable',
  redis_missing: 'unavailable',
  internal: 'internal',
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERRORS

/** What is wrong, where (`field`, as the user wrote it) and what would be right (`expected`). */
export type Problem = { code: ErrorCode; message: string; field?: string; expected?: string }

/** A problem on its way to an edge, which turns it into a status and this same text. */
export class MusterError extends Error {
  readonly problem: Problem

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options)
    this.name = 'MusterError'
    this.problem = problem
  }

  get kind(): ErrorKind {
    return ERRORS[this.problem.code]
  }
}

/** Shorthand for the common case: a code, a sentence, and the field and expectation if there are any. */
export function problem(code: ErrorCode, message: string, where: { field?: string; expected?: string } = {}): MusterError {
  return new MusterError({ code, message, ...where })
}
