// Original file: proto/muster/v1/session.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The answer to ReadOutput.
 */
export interface OutputPart {
  'ask'?: (string);
  /**
   * at most 256 KB
   */
  'bytes'?: (Buffer | Uint8Array | string);
  /**
   * how long the whole output is
   */
  'totalBytes'?: (number | string | Long);
  /**
   * false: there is no such output, or none any more
   */
  'found'?: (boolean);
}

/**
 * The answer to ReadOutput.
 */
export interface OutputPart__Output {
  'ask': (string);
  /**
   * at most 256 KB
   */
  'bytes': (Buffer);
  /**
   * how long the whole output is
   */
  'totalBytes': (number);
  /**
   * false: there is no such output, or none any more
   */
  'found': (boolean);
}
