// Original file: proto/muster/v1/session.proto

import type { ArtifactGrant as _muster_v1_ArtifactGrant, ArtifactGrant__Output as _muster_v1_ArtifactGrant__Output } from '../../muster/v1/ArtifactGrant.ts';
import type { Source as _muster_v1_Source, Source__Output as _muster_v1_Source__Output } from '../../muster/v1/Source.ts';

export interface ArtifactGrants {
  'commandId'?: (string);
  'grants'?: (_muster_v1_ArtifactGrant)[];
  /**
   * relays of the host's datacenter, then the coordinators
   */
  'sources'?: (_muster_v1_Source)[];
}

export interface ArtifactGrants__Output {
  'commandId': (string);
  'grants': (_muster_v1_ArtifactGrant__Output)[];
  /**
   * relays of the host's datacenter, then the coordinators
   */
  'sources': (_muster_v1_Source__Output)[];
}
