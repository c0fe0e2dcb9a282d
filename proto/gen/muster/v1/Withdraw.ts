// Original file: proto/muster/v1/session.proto


export interface Withdraw {
  'commandId'?: (string);
}

export interface Withdraw__Output {
  'commandId': (string);
}
