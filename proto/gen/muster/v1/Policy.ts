// Original file: proto/muster/v1/session.proto


/**
 * What the owner of a host allows on it. An empty list allows all of its kind. It is told so that plans can show it; the agent enforces it.
 */
export interface Policy {
  /**
   * names or globs
   */
  'services'?: (string)[];
  'accounts'?: (string)[];
  /**
   * absolute; each with all below it
   */
  'paths'?: (string)[];
  /**
   * globs over command lines of `run`
   */
  'commands'?: (string)[];
  /**
   * whether command lines are run at all
   */
  'run'?: (boolean);
  /**
   * pins of keys, one of which must have signed a release
   */
  'releaseKeys'?: (string)[];
  /**
   * why the policy cannot be read: nothing is allowed then; empty: it can
   */
  'broken'?: (string);
}

/**
 * What the owner of a host allows on it. An empty list allows all of its kind. It is told so that plans can show it; the agent enforces it.
 */
export interface Policy__Output {
  /**
   * names or globs
   */
  'services': (string)[];
  'accounts': (string)[];
  /**
   * absolute; each with all below it
   */
  'paths': (string)[];
  /**
   * globs over command lines of `run`
   */
  'commands': (string)[];
  /**
   * whether command lines are run at all
   */
  'run': (boolean);
  /**
   * pins of keys, one of which must have signed a release
   */
  'releaseKeys': (string)[];
  /**
   * why the policy cannot be read: nothing is allowed then; empty: it can
   */
  'broken': (string);
}
