// Original file: proto/muster/v1/session.proto

import type { ArtifactGrant as _muster_v1_ArtifactGrant, ArtifactGrant__Output as _muster_v1_ArtifactGrant__Output } from '../../muster/v1/ArtifactGrant.ts';

export interface ArtifactGrants {
  'commandId'?: (string);
  'grants'?: (_muster_v1_ArtifactGrant)[];
}

export interface ArtifactGrants__Output {
  'commandId': (string);
  'grants': (_muster_v1_ArtifactGrant__Output)[];
}
