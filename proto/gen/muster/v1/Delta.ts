// Original file: proto/muster/v1/session.proto

import type { Piece as _muster_v1_Piece, Piece__Output as _muster_v1_Piece__Output } from '../../muster/v1/Piece.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * The difference between an artifact that the host holds and the one that it wants.
 */
export interface Delta {
  /**
   * the digest of the artifact that it starts from
   */
  'base'?: (string);
  'root'?: (_muster_v1_Piece | null);
  /**
   * of the root and all parts
   */
  'totalBytes'?: (number | string | Long);
}

/**
 * The difference between an artifact that the host holds and the one that it wants.
 */
export interface Delta__Output {
  /**
   * the digest of the artifact that it starts from
   */
  'base': (string);
  'root': (_muster_v1_Piece__Output | null);
  /**
   * of the root and all parts
   */
  'totalBytes': (number);
}
