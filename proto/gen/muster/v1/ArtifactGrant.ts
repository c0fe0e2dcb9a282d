// Original file: proto/muster/v1/session.proto

import type { Piece as _muster_v1_Piece, Piece__Output as _muster_v1_Piece__Output } from '../../muster/v1/Piece.ts';
import type { Delta as _muster_v1_Delta, Delta__Output as _muster_v1_Delta__Output } from '../../muster/v1/Delta.ts';
import type { Long } from '@grpc/proto-loader';

export interface ArtifactGrant {
  'digest'?: (string);
  /**
   * for the Authorization header: Grant <grant>
   */
  'grant'?: (string);
  'expiresAtMs'?: (number | string | Long);
  /**
   * the root of the artifact's manifest
   */
  'manifest'?: (_muster_v1_Piece | null);
  /**
   * absent: none from what the host has
   */
  'delta'?: (_muster_v1_Delta | null);
}

export interface ArtifactGrant__Output {
  'digest': (string);
  /**
   * for the Authorization header: Grant <grant>
   */
  'grant': (string);
  'expiresAtMs': (number);
  /**
   * the root of the artifact's manifest
   */
  'manifest': (_muster_v1_Piece__Output | null);
  /**
   * absent: none from what the host has
   */
  'delta': (_muster_v1_Delta__Output | null);
}
