// Original file: proto/muster/v1/session.proto

import type { Goal as _muster_v1_Goal, Goal__Output as _muster_v1_Goal__Output } from '../../muster/v1/Goal.ts';
import type { Stop as _muster_v1_Stop, Stop__Output as _muster_v1_Stop__Output } from '../../muster/v1/Stop.ts';

/**
 * Take the host to the goal.
 */
export interface Deploy {
  'goal'?: (_muster_v1_Goal | null);
  'stop'?: (_muster_v1_Stop);
  /**
   * also when the host is there already: unpacked afresh, switched, started again
   */
  'repair'?: (boolean);
}

/**
 * Take the host to the goal.
 */
export interface Deploy__Output {
  'goal': (_muster_v1_Goal__Output | null);
  'stop': (_muster_v1_Stop__Output);
  /**
   * also when the host is there already: unpacked afresh, switched, started again
   */
  'repair': (boolean);
}
