// Original file: proto/muster/v1/session.proto


export interface Refusal {
  /**
   * from the error catalogue
   */
  'code'?: (string);
  'message'?: (string);
}

export interface Refusal__Output {
  /**
   * from the error catalogue
   */
  'code': (string);
  'message': (string);
}
