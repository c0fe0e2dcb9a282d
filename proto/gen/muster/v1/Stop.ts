// Original file: proto/muster/v1/session.proto

/**
 * Whose `stop` is run.
 */
export const Stop = {
  STOP_UNSPECIFIED: 'STOP_UNSPECIFIED',
  /**
   * that of the release that runs
   */
  STOP_RUNNING: 'STOP_RUNNING',
  /**
   * that of the new release
   */
  STOP_NEW: 'STOP_NEW',
  /**
   * none: the service's processes are killed
   */
  STOP_KILL: 'STOP_KILL',
} as const;

/**
 * Whose `stop` is run.
 */
export type Stop =
  | 'STOP_UNSPECIFIED'
  | 0
  /**
   * that of the release that runs
   */
  | 'STOP_RUNNING'
  | 1
  /**
   * that of the new release
   */
  | 'STOP_NEW'
  | 2
  /**
   * none: the service's processes are killed
   */
  | 'STOP_KILL'
  | 3

/**
 * Whose `stop` is run.
 */
export type Stop__Output = typeof Stop[keyof typeof Stop]
