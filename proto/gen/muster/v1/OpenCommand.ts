// Original file: proto/muster/v1/session.proto


export interface OpenCommand {
  'commandId'?: (string);
  /**
   * true once a grant has been journalled
   */
  'claimed'?: (boolean);
}

export interface OpenCommand__Output {
  'commandId': (string);
  /**
   * true once a grant has been journalled
   */
  'claimed': (boolean);
}
