// Original file: proto/muster/v1/session.proto

import type { Finding as _muster_v1_Finding, Finding__Output as _muster_v1_Finding__Output } from '../../muster/v1/Finding.ts';

/**
 * The answer to Inspect.
 */
export interface Inspected {
  'ask'?: (string);
  'service'?: (string);
  'findings'?: (_muster_v1_Finding)[];
}

/**
 * The answer to Inspect.
 */
export interface Inspected__Output {
  'ask': (string);
  'service': (string);
  'findings': (_muster_v1_Finding__Output)[];
}
