/** Exit codes: what a script that calls `muster` goes by. `muster --help` lists them. */
import type { ErrorKind } from '../shared/errors.ts'
import type { Phase } from '../shared/states.ts'

export const EXIT = { ok: 0, notWell: 1, invalid: 2, refused: 3, unavailable: 4, internal: 5, interrupted: 130 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_HELP = `Exit codes:
  0    done; a watched rollout has succeeded
  1    a watched rollout has failed, was aborted or rolled back, or is held (watch --until-held); a host has drifted
  2    a flag, an argument or a file is not right
  3    you are not let in, what is named does not exist, exists with other content, or cannot be done now
  4    the coordinator cannot be reached, or cannot work at the moment
  5    a bug, in muster or in the coordinator
  130  interrupted`

const BY_KIND: Record<ErrorKind, ExitCode> = {
  invalid: EXIT.invalid,
  'too-large': EXIT.invalid,
  unauthenticated: EXIT.refused,
  forbidden: EXIT.refused,
  'not-found': EXIT.refused,
  conflict: EXIT.refused,
  refused: EXIT.refused,
  'too-many': EXIT.unavailable,
  unavailable: EXIT.unavailable,
  internal: EXIT.internal,
}

export function exitOfKind(kind: ErrorKind): ExitCode {
  return BY_KIND[kind]
}

/** Of a rollout that is watched no more, because it has ended or because it is held. */
export function exitOfPhase(phase: Phase): ExitCode {
  return phase === 'succeeded' ? EXIT.ok : EXIT.notWell
}
