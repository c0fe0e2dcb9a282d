// Original file: proto/muster/v1/session.proto

import type { Installed as _muster_v1_Installed, Installed__Output as _muster_v1_Installed__Output } from '../../muster/v1/Installed.ts';
import type { Long } from '@grpc/proto-loader';

export interface Heartbeat {
  /**
   * 1-minute load average
   */
  'load1'?: (number | string);
  'memoryFreeBytes'?: (number | string | Long);
  'diskFreeBytes'?: (number | string | Long);
  'runningCommands'?: (number);
  'installed'?: (_muster_v1_Installed)[];
}

export interface Heartbeat__Output {
  /**
   * 1-minute load average
   */
  'load1': (number);
  'memoryFreeBytes': (number);
  'diskFreeBytes': (number);
  'runningCommands': (number);
  'installed': (_muster_v1_Installed__Output)[];
}
