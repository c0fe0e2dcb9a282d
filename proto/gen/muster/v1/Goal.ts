// Original file: proto/muster/v1/session.proto

import type { Artifact as _muster_v1_Artifact, Artifact__Output as _muster_v1_Artifact__Output } from '../../muster/v1/Artifact.ts';
import type { Check as _muster_v1_Check, Check__Output as _muster_v1_Check__Output } from '../../muster/v1/Check.ts';
import type { StepOptions as _muster_v1_StepOptions, StepOptions__Output as _muster_v1_StepOptions__Output } from '../../muster/v1/StepOptions.ts';
import type { Instance as _muster_v1_Instance, Instance__Output as _muster_v1_Instance__Output } from '../../muster/v1/Instance.ts';
import type { Envelope as _muster_v1_Envelope, Envelope__Output as _muster_v1_Envelope__Output } from '../../muster/v1/Envelope.ts';

/**
 * A revision in full: everything that the scripts of one release see.
 */
export interface Goal {
  'revision'?: (string);
  'version'?: (string);
  'srv'?: (_muster_v1_Artifact | null);
  /**
   * absent: the default scripts alone
   */
  'cmd'?: (_muster_v1_Artifact | null);
  /**
   * become MUSTER_VAR_<NAME>
   */
  'variables'?: ({[key: string]: string});
  /**
   * the command line that the default `start` keeps running; empty: the package's own `run`
   */
  'run'?: (string);
  /**
   * absent: the default `check` asks only whether the process lives
   */
  'check'?: (_muster_v1_Check | null);
  /**
   * by the name of the step
   */
  'steps'?: ({[key: string]: _muster_v1_StepOptions});
  /**
   * by name; none: one instance without a name
   */
  'instances'?: ({[key: string]: _muster_v1_Instance});
  /**
   * the signed statement of the release; its packages are those above
   */
  'release'?: (_muster_v1_Envelope | null);
}

/**
 * A revision in full: everything that the scripts of one release see.
 */
export interface Goal__Output {
  'revision': (string);
  'version': (string);
  'srv': (_muster_v1_Artifact__Output | null);
  /**
   * absent: the default scripts alone
   */
  'cmd': (_muster_v1_Artifact__Output | null);
  /**
   * become MUSTER_VAR_<NAME>
   */
  'variables': ({[key: string]: string});
  /**
   * the command line that the default `start` keeps running; empty: the package's own `run`
   */
  'run': (string);
  /**
   * absent: the default `check` asks only whether the process lives
   */
  'check': (_muster_v1_Check__Output | null);
  /**
   * by the name of the step
   */
  'steps': ({[key: string]: _muster_v1_StepOptions__Output});
  /**
   * by name; none: one instance without a name
   */
  'instances': ({[key: string]: _muster_v1_Instance__Output});
  /**
   * the signed statement of the release; its packages are those above
   */
  'release': (_muster_v1_Envelope__Output | null);
}
