// Original file: proto/muster/v1/session.proto


export interface StepOptions {
  /**
   * may be run again when its outcome is unknown
   */
  'idempotent'?: (boolean);
}

export interface StepOptions__Output {
  /**
   * may be run again when its outcome is unknown
   */
  'idempotent': (boolean);
}
