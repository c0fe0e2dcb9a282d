// Original file: proto/muster/v1/session.proto

import type { Long } from '@grpc/proto-loader';

export interface Welcome {
  /**
   * grows with every session of this host; fences grants
   */
  'epoch'?: (number | string | Long);
  /**
   * where artifacts are fetched: <artifact_url>/<digest>
   */
  'artifactUrl'?: (string);
  'heartbeatMs'?: (number);
}

export interface Welcome__Output {
  /**
   * grows with every session of this host; fences grants
   */
  'epoch': (number);
  /**
   * where artifacts are fetched: <artifact_url>/<digest>
   */
  'artifactUrl': (string);
  'heartbeatMs': (number);
}
