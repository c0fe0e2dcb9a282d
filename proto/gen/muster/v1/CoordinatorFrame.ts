// Original file: proto/muster/v1/session.proto

import type { Welcome as _muster_v1_Welcome, Welcome__Output as _muster_v1_Welcome__Output } from '../../muster/v1/Welcome.ts';
import type { Command as _muster_v1_Command, Command__Output as _muster_v1_Command__Output } from '../../muster/v1/Command.ts';
import type { Grant as _muster_v1_Grant, Grant__Output as _muster_v1_Grant__Output } from '../../muster/v1/Grant.ts';
import type { Withdraw as _muster_v1_Withdraw, Withdraw__Output as _muster_v1_Withdraw__Output } from '../../muster/v1/Withdraw.ts';
import type { ResultAck as _muster_v1_ResultAck, ResultAck__Output as _muster_v1_ResultAck__Output } from '../../muster/v1/ResultAck.ts';
import type { Refusal as _muster_v1_Refusal, Refusal__Output as _muster_v1_Refusal__Output } from '../../muster/v1/Refusal.ts';

export interface CoordinatorFrame {
  'host'?: (string);
  /**
   * always the first
   */
  'welcome'?: (_muster_v1_Welcome | null);
  'command'?: (_muster_v1_Command | null);
  'grant'?: (_muster_v1_Grant | null);
  'withdraw'?: (_muster_v1_Withdraw | null);
  'resultAck'?: (_muster_v1_ResultAck | null);
  /**
   * the session ends after it
   */
  'refusal'?: (_muster_v1_Refusal | null);
  'body'?: "welcome"|"command"|"grant"|"withdraw"|"resultAck"|"refusal";
}

export interface CoordinatorFrame__Output {
  'host': (string);
  /**
   * always the first
   */
  'welcome'?: (_muster_v1_Welcome__Output | null);
  'command'?: (_muster_v1_Command__Output | null);
  'grant'?: (_muster_v1_Grant__Output | null);
  'withdraw'?: (_muster_v1_Withdraw__Output | null);
  'resultAck'?: (_muster_v1_ResultAck__Output | null);
  /**
   * the session ends after it
   */
  'refusal'?: (_muster_v1_Refusal__Output | null);
  'body'?: "welcome"|"command"|"grant"|"withdraw"|"resultAck"|"refusal";
}
