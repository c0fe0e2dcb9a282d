// Original file: proto/muster/v1/session.proto


export interface Accepted {
  'commandId'?: (string);
}

export interface Accepted__Output {
  'commandId': (string);
}
