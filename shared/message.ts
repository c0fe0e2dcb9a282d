/** What the two ends of a session say to each other, as both hold it in memory. `wire.ts` maps it to frames and back. */
import type { Finding, Installed, Result, Step } from './command.ts'
import type { OfferedDelta, Source, Transfer } from './distribution/offer.ts'
import type { Piece } from './distribution/piece.ts'
import type { CommandId } from './ids.ts'
import type { SignedOrder } from './order.ts'
import type { HostPolicy } from './policy.ts'

/** Chosen by whoever asks; the answer carries it. An answer may never come, and never comes to another session. */
export type AskId = string

export type Facts = { os: string; arch: string; cpus: number; memoryBytes: number; bootId: string }

/** DER. The first authority issues: whoever has a certificate of another renews it. `signers` are certificates of keys that sign orders and releases. */
export type Trust = { authorities: Uint8Array[]; signers: Uint8Array[] }

/** `claimed`: a grant has been journalled, so the host may have been touched. */
export type OpenCommand = { id: CommandId; claimed: boolean }

export type Hello = {
  agentVersion: string
  labels: Record<string, string>
  facts: Facts
  installed: Installed[]
  /** What the journal holds that no coordinator has acknowledged as finished. */
  open: OpenCommand[]
  /** What the host's owner allows; null: everything. */
  policy: HostPolicy | null
}

export type Heartbeat = {
  load1: number
  memoryFreeBytes: number
  diskFreeBytes: number
  runningCommands: number
  installed: Installed[]
}

/** Bytes are of a fetch, as they travel. */
export type Progress = { id: CommandId; step: Step | null; bytesDone: number; bytesTotal: number; transfer: Transfer | null }
/** The last bytes of a step's output so far; `totalBytes` says how much there has been. */
export type Output = { id: CommandId; step: Step | null; tail: Uint8Array; totalBytes: number }

/** A piece of a step's output. `totalBytes`: how long all of it is; `found` false: there is none, or none any more. */
export type OutputPart = { ask: AskId; bytes: Uint8Array; totalBytes: number; found: boolean }
/** How a service was found. Empty: all is as it was put there, or nothing is installed. */
export type Inspected = { ask: AskId; service: string; findings: Finding[] }

/**
 * Leave to fetch one artifact, and what to fetch. `grant` is for the Authorization header. Milliseconds since the epoch. `manifest`: the root of the
 * artifact's manifest.
 */
export type GrantedArtifact = { digest: string; grant: string; expiresAtMs: number; manifest: Piece; delta: OfferedDelta | null }

export type AgentMessage =
  | { kind: 'hello'; hello: Hello }
  | { kind: 'heartbeat'; heartbeat: Heartbeat }
  | { kind: 'accepted'; id: CommandId }
  /** Asks for leave to fetch what the command needs. `bases`: artifacts that are here whole. Answered with `artifact-grants`, or not at all. */
  | { kind: 'grants-wanted'; id: CommandId; bases: string[] }
  | { kind: 'claim'; id: CommandId; installed: Installed | null }
  | { kind: 'progress'; progress: Progress }
  | { kind: 'output'; output: Output }
  | { kind: 'result'; result: Result }
  | { kind: 'output-part'; part: OutputPart }
  | { kind: 'inspected'; inspected: Inspected }

export type CoordinatorMessage =
  | { kind: 'welcome'; epoch: number; heartbeatMs: number; trust: Trust }
  /** Replaces what was said before. */
  | { kind: 'trust'; trust: Trust }
  | { kind: 'order'; order: SignedOrder }
  | { kind: 'artifact-grants'; id: CommandId; grants: GrantedArtifact[]; sources: Source[] }
  | { kind: 'grant'; id: CommandId; epoch: number }
  | { kind: 'withdraw'; id: CommandId }
  | { kind: 'result-ack'; id: CommandId }
  /** End what the command is doing now; the host puts itself back as after any failure. Nothing when it is not open here. */
  | { kind: 'kill'; id: CommandId; reason: string }
  | { kind: 'read-output'; ask: AskId; id: CommandId; step: Step | null; offset: number; limitBytes: number }
  | { kind: 'inspect'; ask: AskId; service: string }
  | { kind: 'refusal'; code: string; message: string }
