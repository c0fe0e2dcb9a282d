/** What the edge that holds the agents' streams needs: who has a session, what lies in a host's mailbox, and when to look again. */
import type { Command } from '../../../shared/command.ts'
import type { CommandId, HostName } from '../../../shared/ids.ts'
import type { Facts } from '../../../shared/message.ts'
import type { SignedOrder } from '../../../shared/order.ts'
import type { HostPolicy } from '../../../shared/policy.ts'
import type { HostLoad, InstalledSince } from './hosts.ts'

/** What a host says of itself when it connects. `labels`: those that it has; `ignoredLabels`: what it claims beyond them, and only a join token can give. */
export type Greeting = {
  agentVersion: string
  labels: Record<string, string>
  ignoredLabels: Record<string, string>
  facts: Facts
  /** What its owner allows; null: everything. */
  policy: HostPolicy | null
  installed: InstalledSince[]
}

/** What was known of a host before it connected. */
export type LastSeen = { labels: Record<string, string>; installed: InstalledSince[]; seenAtMs: number }

/** What the session `epoch` of a host says. `load`, `installed` null: as before. */
export type SignOfLife = { epoch: number; load: HostLoad | null; installed: readonly InstalledSince[] | null }

export interface SessionRegistry {
  /** Null: it has never had a session, or was forgotten. */
  last(host: HostName): Promise<LastSeen | null>
  /**
   * Begins a session and gives its epoch, which no session of this host has had; whoever holds the host's earlier session
   * is told. What the greeting says replaces what was known.
   */
  open(host: HostName, greeting: Greeting, now: number): Promise<number>
  /** Does nothing when a later session has begun. */
  close(host: HostName, epoch: number): Promise<void>
}

export interface Heartbeats {
  /** Remembered, and written with others a little later. */
  alive(host: HostName, sign: SignOfLife, now: number): void
  /** Writes what has come so far. Never rejects: what cannot be written now is written later. */
  flush(): Promise<void>
}

/**
 * `command`: what the order says, for views; nobody has checked who signed it. `grantedEpoch`: the session in which the command may touch the host;
 * null: not granted. `killed`: why it is to be ended; null: it is not.
 */
export type Mail = { order: SignedOrder; command: Command; grantedEpoch: number | null; killed: string | null }

/** `epoch` is that of the host's latest session; 0: it has never had one. `unreadable`: commands whose fields hold no order for them. */
export type MailboxView = { epoch: number; mail: Map<CommandId, Mail>; unreadable: CommandId[] }

export interface OpenMail {
  look(host: HostName): Promise<MailboxView>
}

/** Tells the coordinator that holds a host's stream to look again. A ring can be lost; it says nothing but the host's name. */
export interface Doorbell {
  /** Rings meant for this coordinator, from its resolution on. @returns stops listening */
  listen(onRing: (host: HostName) => void): Promise<() => void>
}
