// Original file: proto/muster/v1/session.proto


export interface Signature {
  'keyId'?: (string);
  'signature'?: (Buffer | Uint8Array | string);
}

export interface Signature__Output {
  'keyId': (string);
  'signature': (Buffer);
}
