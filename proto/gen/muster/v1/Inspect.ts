// Original file: proto/muster/v1/session.proto


/**
 * Look now whether the service is as it was put there.
 */
export interface Inspect {
  'ask'?: (string);
  'service'?: (string);
}

/**
 * Look now whether the service is as it was put there.
 */
export interface Inspect__Output {
  'ask': (string);
  'service': (string);
}
