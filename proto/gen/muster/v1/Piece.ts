// Original file: proto/muster/v1/session.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Bytes that travel and are kept whole, named by the SHA-256 of just these bytes.
 */
export interface Piece {
  'digest'?: (string);
  'sizeBytes'?: (number | string | Long);
}

/**
 * Bytes that travel and are kept whole, named by the SHA-256 of just these bytes.
 */
export interface Piece__Output {
  'digest': (string);
  'sizeBytes': (number);
}
