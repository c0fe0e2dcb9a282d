// Original file: proto/muster/v1/session.proto

import type { Stop as _muster_v1_Stop, Stop__Output as _muster_v1_Stop__Output } from '../../muster/v1/Stop.ts';

/**
 * Take the service off the host.
 */
export interface Remove {
  /**
   * not STOP_NEW
   */
  'stop'?: (_muster_v1_Stop);
}

/**
 * Take the service off the host.
 */
export interface Remove__Output {
  /**
   * not STOP_NEW
   */
  'stop': (_muster_v1_Stop__Output);
}
