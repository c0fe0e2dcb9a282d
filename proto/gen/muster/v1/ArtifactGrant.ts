// Original file: proto/muster/v1/session.proto

import type { Long } from '@grpc/proto-loader';

export interface ArtifactGrant {
  'digest'?: (string);
  /**
   * for the Authorization header: Grant <grant>
   */
  'grant'?: (string);
  'expiresAtMs'?: (number | string | Long);
}

export interface ArtifactGrant__Output {
  'digest': (string);
  /**
   * for the Authorization header: Grant <grant>
   */
  'grant': (string);
  'expiresAtMs': (number);
}
