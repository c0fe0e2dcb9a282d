import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accepted as _muster_v1_Accepted, Accepted__Output as _muster_v1_Accepted__Output } from './muster/v1/Accepted.ts';
import type { AgentFrame as _muster_v1_AgentFrame, AgentFrame__Output as _muster_v1_AgentFrame__Output } from './muster/v1/AgentFrame.ts';
import type { Artifact as _muster_v1_Artifact, Artifact__Output as _muster_v1_Artifact__Output } from './muster/v1/Artifact.ts';
import type { ArtifactGrant as _muster_v1_ArtifactGrant, ArtifactGrant__Output as _muster_v1_ArtifactGrant__Output } from './muster/v1/ArtifactGrant.ts';
import type { ArtifactGrants as _muster_v1_ArtifactGrants, ArtifactGrants__Output as _muster_v1_ArtifactGrants__Output } from './muster/v1/ArtifactGrants.ts';
import type { Check as _muster_v1_Check, Check__Output as _muster_v1_Check__Output } from './muster/v1/Check.ts';
import type { Claim as _muster_v1_Claim, Claim__Output as _muster_v1_Claim__Output } from './muster/v1/Claim.ts';
import type { Command as _muster_v1_Command, Command__Output as _muster_v1_Command__Output } from './muster/v1/Command.ts';
import type { CoordinatorFrame as _muster_v1_CoordinatorFrame, CoordinatorFrame__Output as _muster_v1_CoordinatorFrame__Output } from './muster/v1/CoordinatorFrame.ts';
import type { Delta as _muster_v1_Delta, Delta__Output as _muster_v1_Delta__Output } from './muster/v1/Delta.ts';
import type { Deploy as _muster_v1_Deploy, Deploy__Output as _muster_v1_Deploy__Output } from './muster/v1/Deploy.ts';
import type { Envelope as _muster_v1_Envelope, Envelope__Output as _muster_v1_Envelope__Output } from './muster/v1/Envelope.ts';
import type { Exec as _muster_v1_Exec, Exec__Output as _muster_v1_Exec__Output } from './muster/v1/Exec.ts';
import type { Facts as _muster_v1_Facts, Facts__Output as _muster_v1_Facts__Output } from './muster/v1/Facts.ts';
import type { Finding as _muster_v1_Finding, Finding__Output as _muster_v1_Finding__Output } from './muster/v1/Finding.ts';
import type { Goal as _muster_v1_Goal, Goal__Output as _muster_v1_Goal__Output } from './muster/v1/Goal.ts';
import type { Grant as _muster_v1_Grant, Grant__Output as _muster_v1_Grant__Output } from './muster/v1/Grant.ts';
import type { GrantsWanted as _muster_v1_GrantsWanted, GrantsWanted__Output as _muster_v1_GrantsWanted__Output } from './muster/v1/GrantsWanted.ts';
import type { Heartbeat as _muster_v1_Heartbeat, Heartbeat__Output as _muster_v1_Heartbeat__Output } from './muster/v1/Heartbeat.ts';
import type { Hello as _muster_v1_Hello, Hello__Output as _muster_v1_Hello__Output } from './muster/v1/Hello.ts';
import type { Inspect as _muster_v1_Inspect, Inspect__Output as _muster_v1_Inspect__Output } from './muster/v1/Inspect.ts';
import type { Inspected as _muster_v1_Inspected, Inspected__Output as _muster_v1_Inspected__Output } from './muster/v1/Inspected.ts';
import type { Installed as _muster_v1_Installed, Installed__Output as _muster_v1_Installed__Output } from './muster/v1/Installed.ts';
import type { Instance as _muster_v1_Instance, Instance__Output as _muster_v1_Instance__Output } from './muster/v1/Instance.ts';
import type { Kill as _muster_v1_Kill, Kill__Output as _muster_v1_Kill__Output } from './muster/v1/Kill.ts';
import type { OpenCommand as _muster_v1_OpenCommand, OpenCommand__Output as _muster_v1_OpenCommand__Output } from './muster/v1/OpenCommand.ts';
import type { Order as _muster_v1_Order, Order__Output as _muster_v1_Order__Output } from './muster/v1/Order.ts';
import type { Output as _muster_v1_Output, Output__Output as _muster_v1_Output__Output } from './muster/v1/Output.ts';
import type { OutputPart as _muster_v1_OutputPart, OutputPart__Output as _muster_v1_OutputPart__Output } from './muster/v1/OutputPart.ts';
import type { Piece as _muster_v1_Piece, Piece__Output as _muster_v1_Piece__Output } from './muster/v1/Piece.ts';
import type { Policy as _muster_v1_Policy, Policy__Output as _muster_v1_Policy__Output } from './muster/v1/Policy.ts';
import type { Prefetch as _muster_v1_Prefetch, Prefetch__Output as _muster_v1_Prefetch__Output } from './muster/v1/Prefetch.ts';
import type { Progress as _muster_v1_Progress, Progress__Output as _muster_v1_Progress__Output } from './muster/v1/Progress.ts';
import type { ReadOutput as _muster_v1_ReadOutput, ReadOutput__Output as _muster_v1_ReadOutput__Output } from './muster/v1/ReadOutput.ts';
import type { Refusal as _muster_v1_Refusal, Refusal__Output as _muster_v1_Refusal__Output } from './muster/v1/Refusal.ts';
import type { Remove as _muster_v1_Remove, Remove__Output as _muster_v1_Remove__Output } from './muster/v1/Remove.ts';
import type { Result as _muster_v1_Result, Result__Output as _muster_v1_Result__Output } from './muster/v1/Result.ts';
import type { ResultAck as _muster_v1_ResultAck, ResultAck__Output as _muster_v1_ResultAck__Output } from './muster/v1/ResultAck.ts';
import type { Script as _muster_v1_Script, Script__Output as _muster_v1_Script__Output } from './muster/v1/Script.ts';
import type { SessionsClient as _muster_v1_SessionsClient, SessionsDefinition as _muster_v1_SessionsDefinition } from './muster/v1/Sessions.ts';
import type { Signature as _muster_v1_Signature, Signature__Output as _muster_v1_Signature__Output } from './muster/v1/Signature.ts';
import type { SignedOrder as _muster_v1_SignedOrder, SignedOrder__Output as _muster_v1_SignedOrder__Output } from './muster/v1/SignedOrder.ts';
import type { Source as _muster_v1_Source, Source__Output as _muster_v1_Source__Output } from './muster/v1/Source.ts';
import type { StepOptions as _muster_v1_StepOptions, StepOptions__Output as _muster_v1_StepOptions__Output } from './muster/v1/StepOptions.ts';
import type { Transfer as _muster_v1_Transfer, Transfer__Output as _muster_v1_Transfer__Output } from './muster/v1/Transfer.ts';
import type { Trust as _muster_v1_Trust, Trust__Output as _muster_v1_Trust__Output } from './muster/v1/Trust.ts';
import type { Welcome as _muster_v1_Welcome, Welcome__Output as _muster_v1_Welcome__Output } from './muster/v1/Welcome.ts';
import type { Withdraw as _muster_v1_Withdraw, Withdraw__Output as _muster_v1_Withdraw__Output } from './muster/v1/Withdraw.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  muster: {
    v1: {
      Accepted: MessageTypeDefinition<_muster_v1_Accepted, _muster_v1_Accepted__Output>
      AgentFrame: MessageTypeDefinition<_muster_v1_AgentFrame, _muster_v1_AgentFrame__Output>
      Artifact: MessageTypeDefinition<_muster_v1_Artifact, _muster_v1_Artifact__Output>
      ArtifactGrant: MessageTypeDefinition<_muster_v1_ArtifactGrant, _muster_v1_ArtifactGrant__Output>
      ArtifactGrants: MessageTypeDefinition<_muster_v1_ArtifactGrants, _muster_v1_ArtifactGrants__Output>
      Check: MessageTypeDefinition<_muster_v1_Check, _muster_v1_Check__Output>
      Claim: MessageTypeDefinition<_muster_v1_Claim, _muster_v1_Claim__Output>
      Command: MessageTypeDefinition<_muster_v1_Command, _muster_v1_Command__Output>
      CoordinatorFrame: MessageTypeDefinition<_muster_v1_CoordinatorFrame, _muster_v1_CoordinatorFrame__Output>
      Delta: MessageTypeDefinition<_muster_v1_Delta, _muster_v1_Delta__Output>
      Deploy: MessageTypeDefinition<_muster_v1_Deploy, _muster_v1_Deploy__Output>
      Envelope: MessageTypeDefinition<_muster_v1_Envelope, _muster_v1_Envelope__Output>
      Exec: MessageTypeDefinition<_muster_v1_Exec, _muster_v1_Exec__Output>
      Facts: MessageTypeDefinition<_muster_v1_Facts, _muster_v1_Facts__Output>
      Finding: MessageTypeDefinition<_muster_v1_Finding, _muster_v1_Finding__Output>
      FindingKind: EnumTypeDefinition
      Goal: MessageTypeDefinition<_muster_v1_Goal, _muster_v1_Goal__Output>
      Grant: MessageTypeDefinition<_muster_v1_Grant, _muster_v1_Grant__Output>
      GrantsWanted: MessageTypeDefinition<_muster_v1_GrantsWanted, _muster_v1_GrantsWanted__Output>
      Heartbeat: MessageTypeDefinition<_muster_v1_Heartbeat, _muster_v1_Heartbeat__Output>
      Hello: MessageTypeDefinition<_muster_v1_Hello, _muster_v1_Hello__Output>
      Inspect: MessageTypeDefinition<_muster_v1_Inspect, _muster_v1_Inspect__Output>
      Inspected: MessageTypeDefinition<_muster_v1_Inspected, _muster_v1_Inspected__Output>
      Installed: MessageTypeDefinition<_muster_v1_Installed, _muster_v1_Installed__Output>
      Instance: MessageTypeDefinition<_muster_v1_Instance, _muster_v1_Instance__Output>
      Kill: MessageTypeDefinition<_muster_v1_Kill, _muster_v1_Kill__Output>
      OpenCommand: MessageTypeDefinition<_muster_v1_OpenCommand, _muster_v1_OpenCommand__Output>
      Order: MessageTypeDefinition<_muster_v1_Order, _muster_v1_Order__Output>
      Output: MessageTypeDefinition<_muster_v1_Output, _muster_v1_Output__Output>
      OutputPart: MessageTypeDefinition<_muster_v1_OutputPart, _muster_v1_OutputPart__Output>
      Piece: MessageTypeDefinition<_muster_v1_Piece, _muster_v1_Piece__Output>
      Policy: MessageTypeDefinition<_muster_v1_Policy, _muster_v1_Policy__Output>
      Prefetch: MessageTypeDefinition<_muster_v1_Prefetch, _muster_v1_Prefetch__Output>
      Progress: MessageTypeDefinition<_muster_v1_Progress, _muster_v1_Progress__Output>
      ReadOutput: MessageTypeDefinition<_muster_v1_ReadOutput, _muster_v1_ReadOutput__Output>
      Refusal: MessageTypeDefinition<_muster_v1_Refusal, _muster_v1_Refusal__Output>
      Remove: MessageTypeDefinition<_muster_v1_Remove, _muster_v1_Remove__Output>
      Result: MessageTypeDefinition<_muster_v1_Result, _muster_v1_Result__Output>
      ResultAck: MessageTypeDefinition<_muster_v1_ResultAck, _muster_v1_ResultAck__Output>
      Revert: EnumTypeDefinition
      Script: MessageTypeDefinition<_muster_v1_Script, _muster_v1_Script__Output>
      Sessions: SubtypeConstructor<typeof grpc.Client, _muster_v1_SessionsClient> & { service: _muster_v1_SessionsDefinition }
      Signature: MessageTypeDefinition<_muster_v1_Signature, _muster_v1_Signature__Output>
      SignedOrder: MessageTypeDefinition<_muster_v1_SignedOrder, _muster_v1_SignedOrder__Output>
      Source: MessageTypeDefinition<_muster_v1_Source, _muster_v1_Source__Output>
      SourceKind: EnumTypeDefinition
      Step: EnumTypeDefinition
      StepOptions: MessageTypeDefinition<_muster_v1_StepOptions, _muster_v1_StepOptions__Output>
      Stop: EnumTypeDefinition
      Transfer: MessageTypeDefinition<_muster_v1_Transfer, _muster_v1_Transfer__Output>
      Trust: MessageTypeDefinition<_muster_v1_Trust, _muster_v1_Trust__Output>
      Verdict: EnumTypeDefinition
      Welcome: MessageTypeDefinition<_muster_v1_Welcome, _muster_v1_Welcome__Output>
      Withdraw: MessageTypeDefinition<_muster_v1_Withdraw, _muster_v1_Withdraw__Output>
    }
  }
}

