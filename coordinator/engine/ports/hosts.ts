/** Hosts as the engine sees them: who is here, what lies in their mailboxes, what they are assigned. */
import type { Installed } from '../../../shared/command.ts'
import type { CommandId, HostName, RolloutId } from '../../../shared/ids.ts'
import type { SignedOrder } from '../../../shared/order.ts'
import type { HostPolicy } from '../../../shared/policy.ts'

/** A host is away when it has shown no life for this long: three heartbeats. */
export const SILENT_AFTER_MS = 30_000

export type HostLoad = { load1: number; memoryFreeBytes: number; diskFreeBytes: number; runningCommands: number }

/** `sinceMs`: since when it runs this revision, or since when something about it is not as it was put there. */
export type InstalledSince = Installed & { sinceMs: number }

/** Who took a host's identity away. */
export type Revoked = { atMs: number; by: string; reason: string | null }

export type HostRecord = {
  host: HostName
  labels: Record<string, string>
  /** What it claims beyond them, and only a join token can give. */
  ignoredLabels: Record<string, string>
  agentVersion: string
  facts: { os: string; arch: string; cpus: number; memoryBytes: number; bootId: string }
  /** What its owner allows there, as its agent says; null: everything. */
  policy: HostPolicy | null
  installed: InstalledSince[]
  firstSeenAtMs: number
  /** The last sign of life. */
  seenAtMs: number
  load: HostLoad | null
  /** Which coordinator holds its stream, and in which session. Null: none. */
  session: { coordinator: string; epoch: number; sinceMs: number } | null
  /** Null: it may connect. */
  revoked: Revoked | null
}

export interface Hosts {
  all(): Promise<HostRecord[]>
  get(host: HostName): Promise<HostRecord | null>
  /** Of `hosts`, those that have a session and have shown life within SILENT_AFTER_MS. */
  connected(hosts: readonly HostName[], now: number): Promise<Set<HostName>>
  /** Ends its session, wherever that is. `mark`: shown of it until it has another one. Whether it can come again, its identity says. */
  cutOff(host: HostName, mark: Revoked | null): Promise<void>
  /** Forgets a host that is marked as revoked; `back`: it has had a session since. Its history stays until it expires. */
  remove(host: HostName): Promise<'removed' | 'back' | 'unknown'>
}

/** Every command lies in its host's mailbox until it is over; whichever coordinator holds the stream pushes it down. */
export interface Mailbox {
  /** @param id of the command in the order. Does nothing when the attempt was withdrawn or closed before: a late repetition never revives it. */
  put(host: HostName, order: SignedOrder, id: CommandId): Promise<void>
  /** Marks the command as granted in that session and tells the host. Does nothing when the command is gone. */
  grant(host: HostName, id: CommandId, epoch: number): Promise<void>
  /** Marks the command as one whose script is to be ended now, and tells the host. A second reason changes nothing. Does nothing when the command is gone. */
  kill(host: HostName, id: CommandId, reason: string): Promise<void>
  /** Takes the command out, for good, and tells the host. */
  withdraw(host: HostName, id: CommandId): Promise<void>
  /** Takes the command out, for good, because it is over. */
  close(host: HostName, id: CommandId): Promise<void>
  /** Throws away whatever lies there. */
  empty(host: HostName): Promise<void>
}

/** What a host should run of a service. `generation` only grows: (generation of the rollout, place in its outbox). */
export type Assignment = { service: string; host: HostName; revision: string | null; rollout: RolloutId; generation: [rollout: number, seq: number] }

export interface Assignments {
  /** Does nothing when a later generation is there already. */
  assign(assignment: Assignment): Promise<void>
  of(service: string, hosts: readonly HostName[]): Promise<Map<HostName, Assignment>>
  /** Of a host that is gone for good. */
  forget(service: string, host: HostName): Promise<void>
}
