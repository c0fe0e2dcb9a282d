// Original file: proto/muster/v1/session.proto

import type { Step as _muster_v1_Step, Step__Output as _muster_v1_Step__Output } from '../../muster/v1/Step.ts';
import type { Long } from '@grpc/proto-loader';

export interface Progress {
  'commandId'?: (string);
  'step'?: (_muster_v1_Step);
  /**
   * of a fetch
   */
  'bytesDone'?: (number | string | Long);
  'bytesTotal'?: (number | string | Long);
}

export interface Progress__Output {
  'commandId': (string);
  'step': (_muster_v1_Step__Output);
  /**
   * of a fetch
   */
  'bytesDone': (number);
  'bytesTotal': (number);
}
