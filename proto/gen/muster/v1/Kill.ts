// Original file: proto/muster/v1/session.proto


/**
 * End what the command is doing now; the host puts itself back as after any failure.
 */
export interface Kill {
  'commandId'?: (string);
  'reason'?: (string);
}

/**
 * End what the command is doing now; the host puts itself back as after any failure.
 */
export interface Kill__Output {
  'commandId': (string);
  'reason': (string);
}
