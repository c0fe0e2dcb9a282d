// Original file: proto/muster/v1/session.proto


/**
 * The serialized Order and an Ed25519 signature over it (DSSE's pre-authentication encoding, type application/vnd.muster.order.v1+protobuf).
 */
export interface SignedOrder {
  'order'?: (Buffer | Uint8Array | string);
  'signature'?: (Buffer | Uint8Array | string);
  /**
   * the pin of the signing key
   */
  'keyId'?: (string);
}

/**
 * The serialized Order and an Ed25519 signature over it (DSSE's pre-authentication encoding, type application/vnd.muster.order.v1+protobuf).
 */
export interface SignedOrder__Output {
  'order': (Buffer);
  'signature': (Buffer);
  /**
   * the pin of the signing key
   */
  'keyId': (string);
}
