// Original file: proto/muster/v1/session.proto

import type { Trust as _muster_v1_Trust, Trust__Output as _muster_v1_Trust__Output } from '../../muster/v1/Trust.ts';
import type { Long } from '@grpc/proto-loader';

export interface Welcome {
  /**
   * grows with every session of this host; fences grants
   */
  'epoch'?: (number | string | Long);
  'heartbeatMs'?: (number);
  'trust'?: (_muster_v1_Trust | null);
}

export interface Welcome__Output {
  /**
   * grows with every session of this host; fences grants
   */
  'epoch': (number);
  'heartbeatMs': (number);
  'trust': (_muster_v1_Trust__Output | null);
}
