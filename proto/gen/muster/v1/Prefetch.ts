// Original file: proto/muster/v1/session.proto

import type { Goal as _muster_v1_Goal, Goal__Output as _muster_v1_Goal__Output } from '../../muster/v1/Goal.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Fetch the packages of the goal, so that a later deploy finds them. Nothing is unpacked, and nothing that runs is touched.
 */
export interface Prefetch {
  'goal'?: (_muster_v1_Goal | null);
  /**
   * 0: as fast as it goes
   */
  'maxBytesPerSecond'?: (number | string | Long);
}

/**
 * Fetch the packages of the goal, so that a later deploy finds them. Nothing is unpacked, and nothing that runs is touched.
 */
export interface Prefetch__Output {
  'goal': (_muster_v1_Goal__Output | null);
  /**
   * 0: as fast as it goes
   */
  'maxBytesPerSecond': (number);
}
