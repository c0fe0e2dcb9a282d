// Original file: proto/muster/v1/session.proto

import type { Signature as _muster_v1_Signature, Signature__Output as _muster_v1_Signature__Output } from '../../muster/v1/Signature.ts';

/**
 * A DSSE envelope (https://github.com/secure-systems-lab/dsse).
 */
export interface Envelope {
  'payloadType'?: (string);
  'payload'?: (Buffer | Uint8Array | string);
  'signatures'?: (_muster_v1_Signature)[];
}

/**
 * A DSSE envelope (https://github.com/secure-systems-lab/dsse).
 */
export interface Envelope__Output {
  'payloadType': (string);
  'payload': (Buffer);
  'signatures': (_muster_v1_Signature__Output)[];
}
