// Original file: proto/muster/v1/session.proto


/**
 * Run a shell command line.
 */
export interface Exec {
  'command'?: (string);
}

/**
 * Run a shell command line.
 */
export interface Exec__Output {
  'command': (string);
}
