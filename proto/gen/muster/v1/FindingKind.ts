// Original file: proto/muster/v1/session.proto

export const FindingKind = {
  FINDING_KIND_UNSPECIFIED: 'FINDING_KIND_UNSPECIFIED',
  /**
   * files of the release are changed, gone or new
   */
  FINDING_KIND_FILES: 'FINDING_KIND_FILES',
  /**
   * a process of the service runs from another release
   */
  FINDING_KIND_PROCESS: 'FINDING_KIND_PROCESS',
  /**
   * `current` points elsewhere
   */
  FINDING_KIND_LINK: 'FINDING_KIND_LINK',
} as const;

export type FindingKind =
  | 'FINDING_KIND_UNSPECIFIED'
  | 0
  /**
   * files of the release are changed, gone or new
   */
  | 'FINDING_KIND_FILES'
  | 1
  /**
   * a process of the service runs from another release
   */
  | 'FINDING_KIND_PROCESS'
  | 2
  /**
   * `current` points elsewhere
   */
  | 'FINDING_KIND_LINK'
  | 3

export type FindingKind__Output = typeof FindingKind[keyof typeof FindingKind]
