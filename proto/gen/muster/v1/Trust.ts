// Original file: proto/muster/v1/session.proto


/**
 * Whom to trust. Believed because it comes through a session with a coordinator that is trusted already.
 */
export interface Trust {
  /**
   * CA certificates, DER; the first one issues: whoever has a certificate of another renews it
   */
  'authorities'?: (Buffer | Uint8Array | string)[];
  /**
   * certificates of signing keys, DER, issued by an authority
   */
  'signers'?: (Buffer | Uint8Array | string)[];
}

/**
 * Whom to trust. Believed because it comes through a session with a coordinator that is trusted already.
 */
export interface Trust__Output {
  /**
   * CA certificates, DER; the first one issues: whoever has a certificate of another renews it
   */
  'authorities': (Buffer)[];
  /**
   * certificates of signing keys, DER, issued by an authority
   */
  'signers': (Buffer)[];
}
