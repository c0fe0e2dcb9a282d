// Original file: proto/muster/v1/session.proto

import type { Goal as _muster_v1_Goal, Goal__Output as _muster_v1_Goal__Output } from '../../muster/v1/Goal.ts';

/**
 * Run an executable of the goal's cmd package once. Nothing that runs is touched, and no slot is claimed.
 */
export interface Script {
  'goal'?: (_muster_v1_Goal | null);
  'script'?: (string);
  /**
   * the wave that it is about, from 1; 0: none
   */
  'wave'?: (number);
  /**
   * the hosts of that wave
   */
  'hosts'?: (string)[];
  /**
   * run <script>-undo instead, if there is one
   */
  'undo'?: (boolean);
}

/**
 * Run an executable of the goal's cmd package once. Nothing that runs is touched, and no slot is claimed.
 */
export interface Script__Output {
  'goal': (_muster_v1_Goal__Output | null);
  'script': (string);
  /**
   * the wave that it is about, from 1; 0: none
   */
  'wave': (number);
  /**
   * the hosts of that wave
   */
  'hosts': (string)[];
  /**
   * run <script>-undo instead, if there is one
   */
  'undo': (boolean);
}
