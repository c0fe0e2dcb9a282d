// Original file: proto/muster/v1/session.proto


export interface ResultAck {
  'commandId'?: (string);
}

export interface ResultAck__Output {
  'commandId': (string);
}
