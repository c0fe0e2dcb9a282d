/** What the two ends of a session say to each other, as both hold it in memory. `wire.ts` maps it to frames and back. */
import type { Command, Installed, Result, Step } from './command.ts'
import type { CommandId } from './ids.ts'

export type Facts = { os: string; arch: string; cpus: number; memoryBytes: number; bootId: string }

/** `claimed`: a grant has been journalled, so the host may have been touched. */
export type OpenCommand = { id: CommandId; claimed: boolean }

export type Hello = {
  agentVersion: string
  labels: Record<string, string>
  facts: Facts
  installed: Installed[]
  /** What the journal holds that no coordinator has acknowledged as finished. */
  open: OpenCommand[]
}

export type Heartbeat = {
  load1: number
  memoryFreeBytes: number
  diskFreeBytes: number
  runningCommands: number
  installed: Installed[]
}

export type Progress = { id: CommandId; step: Step | null; bytesDone: number; bytesTotal: number }
/** The last bytes of a step's output so far; `totalBytes` says how much there has been. */
export type Output = { id: CommandId; step: Step | null; tail: Uint8Array; totalBytes: number }

export type AgentMessage =
  | { kind: 'hello'; hello: Hello }
  | { kind: 'heartbeat'; heartbeat: Heartbeat }
  | { kind: 'accepted'; id: CommandId }
  | { kind: 'claim'; id: CommandId; installed: Installed | null }
  | { kind: 'progress'; progress: Progress }
  | { kind: 'output'; output: Output }
  | { kind: 'result'; result: Result }

export type CoordinatorMessage =
  | { kind: 'welcome'; epoch: number; artifactUrl: string; heartbeatMs: number }
  | { kind: 'command'; command: Command }
  | { kind: 'grant'; id: CommandId; epoch: number }
  | { kind: 'withdraw'; id: CommandId }
  | { kind: 'result-ack'; id: CommandId }
  | { kind: 'refusal'; code: string; message: string }

/** A frame that names a command and describes none that this version can run. Only ever read, never sent. */
export type UnreadableCommand = { kind: 'unreadable-command'; id: CommandId }
