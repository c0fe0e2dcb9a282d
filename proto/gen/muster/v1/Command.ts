// Original file: proto/muster/v1/session.proto

import type { Goal as _muster_v1_Goal, Goal__Output as _muster_v1_Goal__Output } from '../../muster/v1/Goal.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One attempt of one task on one host, whole: the agent needs nothing else to finish it or to put the host back.
 */
export interface Command {
  /**
   * <rollout>/<host>/<attempt>
   */
  'commandId'?: (string);
  'rollout'?: (string);
  'service'?: (string);
  /**
   * absent: the service is to be removed from this host
   */
  'goal'?: (_muster_v1_Goal | null);
  /**
   * where the service lives: <path>/releases, current, shared
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
}

/**
 * One attempt of one task on one host, whole: the agent needs nothing else to finish it or to put the host back.
 */
export interface Command__Output {
  /**
   * <rollout>/<host>/<attempt>
   */
  'commandId': (string);
  'rollout': (string);
  'service': (string);
  /**
   * absent: the service is to be removed from this host
   */
  'goal': (_muster_v1_Goal__Output | null);
  /**
   * where the service lives: <path>/releases, current, shared
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
}
