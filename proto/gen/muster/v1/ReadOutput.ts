// Original file: proto/muster/v1/session.proto

import type { Step as _muster_v1_Step, Step__Output as _muster_v1_Step__Output } from '../../muster/v1/Step.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A part of the full output of a step, from the host's disk.
 */
export interface ReadOutput {
  /**
   * comes back with the answer
   */
  'ask'?: (string);
  'commandId'?: (string);
  'step'?: (_muster_v1_Step);
  /**
   * in bytes
   */
  'offset'?: (number | string | Long);
  'limitBytes'?: (number);
}

/**
 * A part of the full output of a step, from the host's disk.
 */
export interface ReadOutput__Output {
  /**
   * comes back with the answer
   */
  'ask': (string);
  'commandId': (string);
  'step': (_muster_v1_Step__Output);
  /**
   * in bytes
   */
  'offset': (number);
  'limitBytes': (number);
}
