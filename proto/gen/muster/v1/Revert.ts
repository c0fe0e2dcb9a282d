// Original file: proto/muster/v1/session.proto

export const Revert = {
  REVERT_UNSPECIFIED: 'REVERT_UNSPECIFIED',
  /**
   * nothing had been touched
   */
  REVERT_NOT_NEEDED: 'REVERT_NOT_NEEDED',
  /**
   * the release that worked runs again
   */
  REVERT_SUCCEEDED: 'REVERT_SUCCEEDED',
  /**
   * the service may be down on this host
   */
  REVERT_FAILED: 'REVERT_FAILED',
} as const;

export type Revert =
  | 'REVERT_UNSPECIFIED'
  | 0
  /**
   * nothing had been touched
   */
  | 'REVERT_NOT_NEEDED'
  | 1
  /**
   * the release that worked runs again
   */
  | 'REVERT_SUCCEEDED'
  | 2
  /**
   * the service may be down on this host
   */
  | 'REVERT_FAILED'
  | 3

export type Revert__Output = typeof Revert[keyof typeof Revert]
