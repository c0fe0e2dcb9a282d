// Original file: proto/muster/v1/session.proto

import type { Finding as _muster_v1_Finding, Finding__Output as _muster_v1_Finding__Output } from '../../muster/v1/Finding.ts';

/**
 * What a host runs of a service. No entry: nothing.
 */
export interface Installed {
  'service'?: (string);
  'revision'?: (string);
  'version'?: (string);
  /**
   * at most 8; none: all is as it was put there
   */
  'findings'?: (_muster_v1_Finding)[];
}

/**
 * What a host runs of a service. No entry: nothing.
 */
export interface Installed__Output {
  'service': (string);
  'revision': (string);
  'version': (string);
  /**
   * at most 8; none: all is as it was put there
   */
  'findings': (_muster_v1_Finding__Output)[];
}
