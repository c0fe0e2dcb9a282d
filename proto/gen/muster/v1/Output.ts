// Original file: proto/muster/v1/session.proto

import type { Step as _muster_v1_Step, Step__Output as _muster_v1_Step__Output } from '../../muster/v1/Step.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * The last bytes of a step's output so far, at most 8 KB; replaces what was sent for the step before.
 */
export interface Output {
  'commandId'?: (string);
  'step'?: (_muster_v1_Step);
  'tail'?: (Buffer | Uint8Array | string);
  'totalBytes'?: (number | string | Long);
}

/**
 * The last bytes of a step's output so far, at most 8 KB; replaces what was sent for the step before.
 */
export interface Output__Output {
  'commandId': (string);
  'step': (_muster_v1_Step__Output);
  'tail': (Buffer);
  'totalBytes': (number);
}
