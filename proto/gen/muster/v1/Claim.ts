// Original file: proto/muster/v1/session.proto

import type { Installed as _muster_v1_Installed, Installed__Output as _muster_v1_Installed__Output } from '../../muster/v1/Installed.ts';

/**
 * "I have fetched, unpacked and checked; may I touch what runs?"
 */
export interface Claim {
  'commandId'?: (string);
  /**
   * what the host runs now; absent: nothing
   */
  'installed'?: (_muster_v1_Installed | null);
}

/**
 * "I have fetched, unpacked and checked; may I touch what runs?"
 */
export interface Claim__Output {
  'commandId': (string);
  /**
   * what the host runs now; absent: nothing
   */
  'installed': (_muster_v1_Installed__Output | null);
}
