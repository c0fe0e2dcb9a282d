// Original file: proto/muster/v1/session.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AgentFrame as _muster_v1_AgentFrame, AgentFrame__Output as _muster_v1_AgentFrame__Output } from '../../muster/v1/AgentFrame.ts';
import type { CoordinatorFrame as _muster_v1_CoordinatorFrame, CoordinatorFrame__Output as _muster_v1_CoordinatorFrame__Output } from '../../muster/v1/CoordinatorFrame.ts';

export interface SessionsClient extends grpc.Client {
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_muster_v1_AgentFrame, _muster_v1_CoordinatorFrame__Output>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_muster_v1_AgentFrame, _muster_v1_CoordinatorFrame__Output>;
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_muster_v1_AgentFrame, _muster_v1_CoordinatorFrame__Output>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_muster_v1_AgentFrame, _muster_v1_CoordinatorFrame__Output>;
  
}

export interface SessionsHandlers extends grpc.UntypedServiceImplementation {
  Session: grpc.handleBidiStreamingCall<_muster_v1_AgentFrame__Output, _muster_v1_CoordinatorFrame>;
  
}

export interface SessionsDefinition extends grpc.ServiceDefinition {
  Session: MethodDefinition<_muster_v1_AgentFrame, _muster_v1_CoordinatorFrame, _muster_v1_AgentFrame__Output, _muster_v1_CoordinatorFrame__Output>
}
