// Original file: proto/muster/v1/session.proto

import type { Facts as _muster_v1_Facts, Facts__Output as _muster_v1_Facts__Output } from '../../muster/v1/Facts.ts';
import type { Installed as _muster_v1_Installed, Installed__Output as _muster_v1_Installed__Output } from '../../muster/v1/Installed.ts';
import type { OpenCommand as _muster_v1_OpenCommand, OpenCommand__Output as _muster_v1_OpenCommand__Output } from '../../muster/v1/OpenCommand.ts';
import type { Policy as _muster_v1_Policy, Policy__Output as _muster_v1_Policy__Output } from '../../muster/v1/Policy.ts';

export interface Hello {
  'agentVersion'?: (string);
  'labels'?: ({[key: string]: string});
  'facts'?: (_muster_v1_Facts | null);
  'installed'?: (_muster_v1_Installed)[];
  /**
   * what the journal holds that no coordinator has acknowledged as finished
   */
  'open'?: (_muster_v1_OpenCommand)[];
  /**
   * what the host's owner allows; absent: everything
   */
  'policy'?: (_muster_v1_Policy | null);
}

export interface Hello__Output {
  'agentVersion': (string);
  'labels': ({[key: string]: string});
  'facts': (_muster_v1_Facts__Output | null);
  'installed': (_muster_v1_Installed__Output)[];
  /**
   * what the journal holds that no coordinator has acknowledged as finished
   */
  'open': (_muster_v1_OpenCommand__Output)[];
  /**
   * what the host's owner allows; absent: everything
   */
  'policy': (_muster_v1_Policy__Output | null);
}
