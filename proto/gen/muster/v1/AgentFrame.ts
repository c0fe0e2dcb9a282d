// Original file: proto/muster/v1/session.proto

import type { Hello as _muster_v1_Hello, Hello__Output as _muster_v1_Hello__Output } from '../../muster/v1/Hello.ts';
import type { Heartbeat as _muster_v1_Heartbeat, Heartbeat__Output as _muster_v1_Heartbeat__Output } from '../../muster/v1/Heartbeat.ts';
import type { Accepted as _muster_v1_Accepted, Accepted__Output as _muster_v1_Accepted__Output } from '../../muster/v1/Accepted.ts';
import type { Claim as _muster_v1_Claim, Claim__Output as _muster_v1_Claim__Output } from '../../muster/v1/Claim.ts';
import type { Progress as _muster_v1_Progress, Progress__Output as _muster_v1_Progress__Output } from '../../muster/v1/Progress.ts';
import type { Output as _muster_v1_Output, Output__Output as _muster_v1_Output__Output } from '../../muster/v1/Output.ts';
import type { Result as _muster_v1_Result, Result__Output as _muster_v1_Result__Output } from '../../muster/v1/Result.ts';
import type { OutputPart as _muster_v1_OutputPart, OutputPart__Output as _muster_v1_OutputPart__Output } from '../../muster/v1/OutputPart.ts';
import type { Inspected as _muster_v1_Inspected, Inspected__Output as _muster_v1_Inspected__Output } from '../../muster/v1/Inspected.ts';
import type { GrantsWanted as _muster_v1_GrantsWanted, GrantsWanted__Output as _muster_v1_GrantsWanted__Output } from '../../muster/v1/GrantsWanted.ts';

export interface AgentFrame {
  'host'?: (string);
  /**
   * always the first frame of a session
   */
  'hello'?: (_muster_v1_Hello | null);
  'heartbeat'?: (_muster_v1_Heartbeat | null);
  'accepted'?: (_muster_v1_Accepted | null);
  'claim'?: (_muster_v1_Claim | null);
  'progress'?: (_muster_v1_Progress | null);
  'output'?: (_muster_v1_Output | null);
  'result'?: (_muster_v1_Result | null);
  'outputPart'?: (_muster_v1_OutputPart | null);
  'inspected'?: (_muster_v1_Inspected | null);
  'grantsWanted'?: (_muster_v1_GrantsWanted | null);
  'body'?: "hello"|"heartbeat"|"accepted"|"claim"|"progress"|"output"|"result"|"outputPart"|"inspected"|"grantsWanted";
}

export interface AgentFrame__Output {
  'host': (string);
  /**
   * always the first frame of a session
   */
  'hello'?: (_muster_v1_Hello__Output | null);
  'heartbeat'?: (_muster_v1_Heartbeat__Output | null);
  'accepted'?: (_muster_v1_Accepted__Output | null);
  'claim'?: (_muster_v1_Claim__Output | null);
  'progress'?: (_muster_v1_Progress__Output | null);
  'output'?: (_muster_v1_Output__Output | null);
  'result'?: (_muster_v1_Result__Output | null);
  'outputPart'?: (_muster_v1_OutputPart__Output | null);
  'inspected'?: (_muster_v1_Inspected__Output | null);
  'grantsWanted'?: (_muster_v1_GrantsWanted__Output | null);
  'body'?: "hello"|"heartbeat"|"accepted"|"claim"|"progress"|"output"|"result"|"outputPart"|"inspected"|"grantsWanted";
}
