// Original file: proto/muster/v1/session.proto

import type { Deploy as _muster_v1_Deploy, Deploy__Output as _muster_v1_Deploy__Output } from '../../muster/v1/Deploy.ts';
import type { Remove as _muster_v1_Remove, Remove__Output as _muster_v1_Remove__Output } from '../../muster/v1/Remove.ts';
import type { Script as _muster_v1_Script, Script__Output as _muster_v1_Script__Output } from '../../muster/v1/Script.ts';
import type { Exec as _muster_v1_Exec, Exec__Output as _muster_v1_Exec__Output } from '../../muster/v1/Exec.ts';
import type { Prefetch as _muster_v1_Prefetch, Prefetch__Output as _muster_v1_Prefetch__Output } from '../../muster/v1/Prefetch.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One attempt of one task on one host, whole: the agent needs nothing else to finish it or to put the host back.
 */
export interface Command {
  /**
   * <rollout>/<host>/<attempt>, or <rollout>/<host>/s<n> for a script that runs once per rollout
   */
  'commandId'?: (string);
  'rollout'?: (string);
  'service'?: (string);
  /**
   * where the service lives: <path>/releases, current, shared; of exec: where the command line runs
   */
  'path'?: (string);
  /**
   * who runs its scripts; empty: the agent's own
   */
  'account'?: (string);
  /**
   * of the whole attempt, without the time spent waiting for the slot
   */
  'timeoutMs'?: (number | string | Long);
  'keepReleases'?: (number);
  /**
   * who asked for it
   */
  'actor'?: (string);
  'deploy'?: (_muster_v1_Deploy | null);
  'remove'?: (_muster_v1_Remove | null);
  'script'?: (_muster_v1_Script | null);
  'exec'?: (_muster_v1_Exec | null);
  'prefetch'?: (_muster_v1_Prefetch | null);
  'action'?: "deploy"|"remove"|"script"|"exec"|"prefetch";
}

/**
 * One attempt of one task on one host, whole: the agent needs nothing else to finish it or to put the host back.
 */
export interface Command__Output {
  /**
   * <rollout>/<host>/<attempt>, or <rollout>/<host>/s<n> for a script that runs once per rollout
   */
  'commandId': (string);
  'rollout': (string);
  'service': (string);
  /**
   * where the service lives: <path>/releases, current, shared; of exec: where the command line runs
   */
  'path': (string);
  /**
   * who runs its scripts; empty: the agent's own
   */
  'account': (string);
  /**
   * of the whole attempt, without the time spent waiting for the slot
   */
  'timeoutMs': (number);
  'keepReleases': (number);
  /**
   * who asked for it
   */
  'actor': (string);
  'deploy'?: (_muster_v1_Deploy__Output | null);
  'remove'?: (_muster_v1_Remove__Output | null);
  'script'?: (_muster_v1_Script__Output | null);
  'exec'?: (_muster_v1_Exec__Output | null);
  'prefetch'?: (_muster_v1_Prefetch__Output | null);
  'action'?: "deploy"|"remove"|"script"|"exec"|"prefetch";
}
