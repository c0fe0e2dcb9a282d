// Original file: proto/muster/v1/session.proto


/**
 * "Give me leave to fetch the artifacts of this command." Answered with ArtifactGrants, or not at all.
 */
export interface GrantsWanted {
  'commandId'?: (string);
  /**
   * digests of artifacts that the host holds whole: a delta may start from them; at most 32
   */
  'bases'?: (string)[];
}

/**
 * "Give me leave to fetch the artifacts of this command." Answered with ArtifactGrants, or not at all.
 */
export interface GrantsWanted__Output {
  'commandId': (string);
  /**
   * digests of artifacts that the host holds whole: a delta may start from them; at most 32
   */
  'bases': (string)[];
}
