// Original file: proto/muster/v1/session.proto

import type { SourceKind as _muster_v1_SourceKind, SourceKind__Output as _muster_v1_SourceKind__Output } from '../../muster/v1/SourceKind.ts';

/**
 * Who gives out pieces: HTTPS, with the certificate of that machine.
 */
export interface Source {
  'kind'?: (_muster_v1_SourceKind);
  /**
   * of the relay
   */
  'name'?: (string);
  'url'?: (string);
}

/**
 * Who gives out pieces: HTTPS, with the certificate of that machine.
 */
export interface Source__Output {
  'kind': (_muster_v1_SourceKind__Output);
  /**
   * of the relay
   */
  'name': (string);
  'url': (string);
}
