// Original file: proto/muster/v1/session.proto

import type { Verdict as _muster_v1_Verdict, Verdict__Output as _muster_v1_Verdict__Output } from '../../muster/v1/Verdict.ts';
import type { Step as _muster_v1_Step, Step__Output as _muster_v1_Step__Output } from '../../muster/v1/Step.ts';
import type { Revert as _muster_v1_Revert, Revert__Output as _muster_v1_Revert__Output } from '../../muster/v1/Revert.ts';
import type { Installed as _muster_v1_Installed, Installed__Output as _muster_v1_Installed__Output } from '../../muster/v1/Installed.ts';
import type { Long } from '@grpc/proto-loader';

export interface Result {
  'commandId'?: (string);
  'verdict'?: (_muster_v1_Verdict);
  /**
   * the step that decided it; STEP_UNSPECIFIED when all passed
   */
  'step'?: (_muster_v1_Step);
  /**
   * of that step's script; -1 when it did not exit by itself
   */
  'exitCode'?: (number);
  /**
   * one line for a person, at most 500 characters
   */
  'message'?: (string);
  'revert'?: (_muster_v1_Revert);
  /**
   * false: the revision ran already, nothing was touched
   */
  'changed'?: (boolean);
  'durationMs'?: (number | string | Long);
  /**
   * what the host runs after it; absent: nothing
   */
  'installed'?: (_muster_v1_Installed | null);
}

export interface Result__Output {
  'commandId': (string);
  'verdict': (_muster_v1_Verdict__Output);
  /**
   * the step that decided it; STEP_UNSPECIFIED when all passed
   */
  'step': (_muster_v1_Step__Output);
  /**
   * of that step's script; -1 when it did not exit by itself
   */
  'exitCode': (number);
  /**
   * one line for a person, at most 500 characters
   */
  'message': (string);
  'revert': (_muster_v1_Revert__Output);
  /**
   * false: the revision ran already, nothing was touched
   */
  'changed': (boolean);
  'durationMs': (number);
  /**
   * what the host runs after it; absent: nothing
   */
  'installed': (_muster_v1_Installed__Output | null);
}
