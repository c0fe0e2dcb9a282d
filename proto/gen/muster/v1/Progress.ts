// Original file: proto/muster/v1/session.proto

import type { Step as _muster_v1_Step, Step__Output as _muster_v1_Step__Output } from '../../muster/v1/Step.ts';
import type { Transfer as _muster_v1_Transfer, Transfer__Output as _muster_v1_Transfer__Output } from '../../muster/v1/Transfer.ts';
import type { Long } from '@grpc/proto-loader';

export interface Progress {
  'commandId'?: (string);
  'step'?: (_muster_v1_Step);
  /**
   * of a fetch
   */
  'bytesDone'?: (number | string | Long);
  'bytesTotal'?: (number | string | Long);
  /**
   * of a fetch; absent: nothing is known of it
   */
  'transfer'?: (_muster_v1_Transfer | null);
}

export interface Progress__Output {
  'commandId': (string);
  'step': (_muster_v1_Step__Output);
  /**
   * of a fetch
   */
  'bytesDone': (number);
  'bytesTotal': (number);
  /**
   * of a fetch; absent: nothing is known of it
   */
  'transfer': (_muster_v1_Transfer__Output | null);
}
