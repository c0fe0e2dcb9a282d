// Original file: proto/muster/v1/session.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Where the bytes of a fetch have come from so far, as they travel.
 */
export interface Transfer {
  /**
   * other hosts of the datacenter
   */
  'fromPeersBytes'?: (number | string | Long);
  'fromRelayBytes'?: (number | string | Long);
  /**
   * a coordinator
   */
  'fromOriginBytes'?: (number | string | Long);
  /**
   * were here already
   */
  'reusedBytes'?: (number | string | Long);
  /**
   * what travels is the difference to a release that is here
   */
  'delta'?: (boolean);
  /**
   * at the moment
   */
  'bytesPerSecond'?: (number | string | Long);
}

/**
 * Where the bytes of a fetch have come from so far, as they travel.
 */
export interface Transfer__Output {
  /**
   * other hosts of the datacenter
   */
  'fromPeersBytes': (number);
  'fromRelayBytes': (number);
  /**
   * a coordinator
   */
  'fromOriginBytes': (number);
  /**
   * were here already
   */
  'reusedBytes': (number);
  /**
   * what travels is the difference to a release that is here
   */
  'delta': (boolean);
  /**
   * at the moment
   */
  'bytesPerSecond': (number);
}
