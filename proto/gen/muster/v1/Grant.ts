// Original file: proto/muster/v1/session.proto

import type { Long } from '@grpc/proto-loader';

export interface Grant {
  'commandId'?: (string);
  'epoch'?: (number | string | Long);
}

export interface Grant__Output {
  'commandId': (string);
  'epoch': (number);
}
