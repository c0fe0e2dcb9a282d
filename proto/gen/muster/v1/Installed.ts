// Original file: proto/muster/v1/session.proto


/**
 * What a host runs of a service. No entry: nothing.
 */
export interface Installed {
  'service'?: (string);
  'revision'?: (string);
  'version'?: (string);
}

/**
 * What a host runs of a service. No entry: nothing.
 */
export interface Installed__Output {
  'service': (string);
  'revision': (string);
  'version': (string);
}
