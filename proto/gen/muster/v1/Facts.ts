// Original file: proto/muster/v1/session.proto

import type { Long } from '@grpc/proto-loader';

export interface Facts {
  'os'?: (string);
  'arch'?: (string);
  'cpus'?: (number);
  'memoryBytes'?: (number | string | Long);
  'bootId'?: (string);
}

export interface Facts__Output {
  'os': (string);
  'arch': (string);
  'cpus': (number);
  'memoryBytes': (number);
  'bootId': (string);
}
