/** What an agent sees of a failure: the one map from the error catalogue to gRPC's status codes for this edge. */
import { status } from '@grpc/grpc-js'
import { ERRORS, MusterError, problem } from '../../../shared/errors.ts'
import type { ErrorKind, Problem } from '../../../shared/errors.ts'
import type { HostName } from '../../../shared/ids.ts'

const STATUS = {
  invalid: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  'not-found': status.NOT_FOUND,
  conflict: status.ABORTED,
  refused: status.FAILED_PRECONDITION,
  'too-large': status.RESOURCE_EXHAUSTED,
  'too-many': status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  internal: status.INTERNAL,
} as const satisfies Record<ErrorKind, status>

export function statusOf({ code, message }: Problem): { code: status; details: string } {
  return { code: STATUS[ERRORS[code]], details: `${code}: ${message}` }
}

/** Any failure as a problem; what is not one of ours is ours all the same, and its details are for the log alone. */
export function problemOf(error: unknown): Problem {
  return error instanceof MusterError ? error.problem : { code: 'internal', message: 'the coordinator failed; its log says how' }
}

/** @param expected what would be right */
export function sessionRefused(message: string, where: { field?: string; expected?: string } = {}): MusterError {
  return problem('session_refused', message, where)
}

/** Not a refusal: its agent comes again at once, with the certificate that it has now. */
export function outlived(host: HostName): MusterError {
  return problem('unavailable', `the certificate with which ${host} began this session is no longer good`, { expected: 'a new session with a renewed one' })
}

export function connectedAgain(host: HostName): MusterError {
  return sessionRefused(`${host} has connected again or was removed, and this session ends`, { expected: 'one agent per host name' })
}
