// Original file: proto/muster/v1/session.proto

import type { Command as _muster_v1_Command, Command__Output as _muster_v1_Command__Output } from '../../muster/v1/Command.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A command, for whom it is, and until when it may be accepted.
 */
export interface Order {
  'command'?: (_muster_v1_Command | null);
  'host'?: (string);
  /**
   * since the epoch
   */
  'issuedAtMs'?: (number | string | Long);
  'expiresAtMs'?: (number | string | Long);
}

/**
 * A command, for whom it is, and until when it may be accepted.
 */
export interface Order__Output {
  'command': (_muster_v1_Command__Output | null);
  'host': (string);
  /**
   * since the epoch
   */
  'issuedAtMs': (number);
  'expiresAtMs': (number);
}
