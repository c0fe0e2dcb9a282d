// Original file: proto/muster/v1/session.proto

export const Step = {
  STEP_UNSPECIFIED: 'STEP_UNSPECIFIED',
  STEP_PREFLIGHT: 'STEP_PREFLIGHT',
  STEP_FETCH: 'STEP_FETCH',
  STEP_UNPACK: 'STEP_UNPACK',
  STEP_CLAIM: 'STEP_CLAIM',
  STEP_STOP: 'STEP_STOP',
  STEP_SWITCH: 'STEP_SWITCH',
  STEP_START: 'STEP_START',
  STEP_CHECK: 'STEP_CHECK',
  STEP_REVERT_STOP: 'STEP_REVERT_STOP',
  STEP_REVERT_SWITCH: 'STEP_REVERT_SWITCH',
  STEP_REVERT_START: 'STEP_REVERT_START',
  STEP_REVERT_CHECK: 'STEP_REVERT_CHECK',
  /**
   * all that scripts and command lines have; they are never reverted
   */
  STEP_RUN: 'STEP_RUN',
} as const;

export type Step =
  | 'STEP_UNSPECIFIED'
  | 0
  | 'STEP_PREFLIGHT'
  | 1
  | 'STEP_FETCH'
  | 2
  | 'STEP_UNPACK'
  | 3
  | 'STEP_CLAIM'
  | 4
  | 'STEP_STOP'
  | 5
  | 'STEP_SWITCH'
  | 6
  | 'STEP_START'
  | 7
  | 'STEP_CHECK'
  | 8
  | 'STEP_REVERT_STOP'
  | 9
  | 'STEP_REVERT_SWITCH'
  | 10
  | 'STEP_REVERT_START'
  | 11
  | 'STEP_REVERT_CHECK'
  | 12
  /**
   * all that scripts and command lines have; they are never reverted
   */
  | 'STEP_RUN'
  | 13

export type Step__Output = typeof Step[keyof typeof Step]
