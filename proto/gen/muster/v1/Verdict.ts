// Original file: proto/muster/v1/session.proto

export const Verdict = {
  VERDICT_UNSPECIFIED: 'VERDICT_UNSPECIFIED',
  VERDICT_SUCCEEDED: 'VERDICT_SUCCEEDED',
  VERDICT_FAILED: 'VERDICT_FAILED',
  VERDICT_TIMED_OUT: 'VERDICT_TIMED_OUT',
  /**
   * a script was started and left no status: nobody guesses
   */
  VERDICT_UNKNOWN: 'VERDICT_UNKNOWN',
  /**
   * given up before the slot was claimed
   */
  VERDICT_WITHDRAWN: 'VERDICT_WITHDRAWN',
} as const;

export type Verdict =
  | 'VERDICT_UNSPECIFIED'
  | 0
  | 'VERDICT_SUCCEEDED'
  | 1
  | 'VERDICT_FAILED'
  | 2
  | 'VERDICT_TIMED_OUT'
  | 3
  /**
   * a script was started and left no status: nobody guesses
   */
  | 'VERDICT_UNKNOWN'
  | 4
  /**
   * given up before the slot was claimed
   */
  | 'VERDICT_WITHDRAWN'
  | 5

export type Verdict__Output = typeof Verdict[keyof typeof Verdict]
