// Original file: proto/muster/v1/session.proto

import type { Long } from '@grpc/proto-loader';

export interface Artifact {
  /**
   * SHA-256 of the uncompressed tar, lower-case hex
   */
  'digest'?: (string);
  /**
   * of the uncompressed tar
   */
  'sizeBytes'?: (number | string | Long);
  'entries'?: (number | string | Long);
}

export interface Artifact__Output {
  /**
   * SHA-256 of the uncompressed tar, lower-case hex
   */
  'digest': (string);
  /**
   * of the uncompressed tar
   */
  'sizeBytes': (number);
  'entries': (number);
}
