// Original file: proto/muster/v1/session.proto

import type { Welcome as _muster_v1_Welcome, Welcome__Output as _muster_v1_Welcome__Output } from '../../muster/v1/Welcome.ts';
import type { Grant as _muster_v1_Grant, Grant__Output as _muster_v1_Grant__Output } from '../../muster/v1/Grant.ts';
import type { Withdraw as _muster_v1_Withdraw, Withdraw__Output as _muster_v1_Withdraw__Output } from '../../muster/v1/Withdraw.ts';
import type { ResultAck as _muster_v1_ResultAck, ResultAck__Output as _muster_v1_ResultAck__Output } from '../../muster/v1/ResultAck.ts';
import type { Refusal as _muster_v1_Refusal, Refusal__Output as _muster_v1_Refusal__Output } from '../../muster/v1/Refusal.ts';
import type { Kill as _muster_v1_Kill, Kill__Output as _muster_v1_Kill__Output } from '../../muster/v1/Kill.ts';
import type { ReadOutput as _muster_v1_ReadOutput, ReadOutput__Output as _muster_v1_ReadOutput__Output } from '../../muster/v1/ReadOutput.ts';
import type { Inspect as _muster_v1_Inspect, Inspect__Output as _muster_v1_Inspect__Output } from '../../muster/v1/Inspect.ts';
import type { SignedOrder as _muster_v1_SignedOrder, SignedOrder__Output as _muster_v1_SignedOrder__Output } from '../../muster/v1/SignedOrder.ts';
import type { Trust as _muster_v1_Trust, Trust__Output as _muster_v1_Trust__Output } from '../../muster/v1/Trust.ts';
import type { ArtifactGrants as _muster_v1_ArtifactGrants, ArtifactGrants__Output as _muster_v1_ArtifactGrants__Output } from '../../muster/v1/ArtifactGrants.ts';

export interface CoordinatorFrame {
  'host'?: (string);
  /**
   * always the first
   */
  'welcome'?: (_muster_v1_Welcome | null);
  'grant'?: (_muster_v1_Grant | null);
  'withdraw'?: (_muster_v1_Withdraw | null);
  'resultAck'?: (_muster_v1_ResultAck | null);
  /**
   * the session ends after it
   */
  'refusal'?: (_muster_v1_Refusal | null);
  'kill'?: (_muster_v1_Kill | null);
  'readOutput'?: (_muster_v1_ReadOutput | null);
  'inspect'?: (_muster_v1_Inspect | null);
  'order'?: (_muster_v1_SignedOrder | null);
  /**
   * replaces what was said before
   */
  'trust'?: (_muster_v1_Trust | null);
  'artifactGrants'?: (_muster_v1_ArtifactGrants | null);
  'body'?: "welcome"|"grant"|"withdraw"|"resultAck"|"refusal"|"kill"|"readOutput"|"inspect"|"order"|"trust"|"artifactGrants";
}

export interface CoordinatorFrame__Output {
  'host': (string);
  /**
   * always the first
   */
  'welcome'?: (_muster_v1_Welcome__Output | null);
  'grant'?: (_muster_v1_Grant__Output | null);
  'withdraw'?: (_muster_v1_Withdraw__Output | null);
  'resultAck'?: (_muster_v1_ResultAck__Output | null);
  /**
   * the session ends after it
   */
  'refusal'?: (_muster_v1_Refusal__Output | null);
  'kill'?: (_muster_v1_Kill__Output | null);
  'readOutput'?: (_muster_v1_ReadOutput__Output | null);
  'inspect'?: (_muster_v1_Inspect__Output | null);
  'order'?: (_muster_v1_SignedOrder__Output | null);
  /**
   * replaces what was said before
   */
  'trust'?: (_muster_v1_Trust__Output | null);
  'artifactGrants'?: (_muster_v1_ArtifactGrants__Output | null);
  'body'?: "welcome"|"grant"|"withdraw"|"resultAck"|"refusal"|"kill"|"readOutput"|"inspect"|"order"|"trust"|"artifactGrants";
}
