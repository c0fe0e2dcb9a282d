// Original file: proto/muster/v1/session.proto

import type { FindingKind as _muster_v1_FindingKind, FindingKind__Output as _muster_v1_FindingKind__Output } from '../../muster/v1/FindingKind.ts';

/**
 * Something of an installed release that is no longer as it was put there.
 */
export interface Finding {
  'kind'?: (_muster_v1_FindingKind);
  /**
   * one line for a person, at most 200 characters
   */
  'message'?: (string);
}

/**
 * Something of an installed release that is no longer as it was put there.
 */
export interface Finding__Output {
  'kind': (_muster_v1_FindingKind__Output);
  /**
   * one line for a person, at most 200 characters
   */
  'message': (string);
}
