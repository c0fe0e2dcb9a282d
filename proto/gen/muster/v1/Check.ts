// Original file: proto/muster/v1/session.proto

import type { Long } from '@grpc/proto-loader';

/**
 * How the default `check` finds out that the service is healthy. ${NAME} in a target stands for a variable, ${label.KEY} for a label.
 */
export interface Check {
  /**
   * a URL that answers 2xx or 3xx
   */
  'http'?: (string);
  /**
   * host:port
   */
  'tcp'?: (string);
  /**
   * a shell command line that exits with 0
   */
  'exec'?: (string);
  /**
   * healthy within this deadline …
   */
  'withinMs'?: (number | string | Long);
  /**
   * … and for this long without a break
   */
  'forMs'?: (number | string | Long);
  'probe'?: "http"|"tcp"|"exec";
}

/**
 * How the default `check` finds out that the service is healthy. ${NAME} in a target stands for a variable, ${label.KEY} for a label.
 */
export interface Check__Output {
  /**
   * a URL that answers 2xx or 3xx
   */
  'http'?: (string);
  /**
   * host:port
   */
  'tcp'?: (string);
  /**
   * a shell command line that exits with 0
   */
  'exec'?: (string);
  /**
   * healthy within this deadline …
   */
  'withinMs': (number);
  /**
   * … and for this long without a break
   */
  'forMs': (number);
  'probe'?: "http"|"tcp"|"exec";
}
