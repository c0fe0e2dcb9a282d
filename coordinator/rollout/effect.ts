/** What is to be done about it, in the imperative. Every effect may be performed twice without harm. */
import type { Direction, Phase, TaskState } from '../../shared/states.ts'
import type { HostName, RolloutId } from '../../shared/ids.ts'

export type Effect =
  /** Put the attempt's command into the host's mailbox. `revision` null: take the service off the host. */
  | { type: 'SendCommand'; host: HostName; attempt: number; revision: string | null; direction: Direction }
  /** Tell the host, in that session, that it may touch what runs. */
  | { type: 'GrantSlot'; host: HostName; attempt: number; epoch: number }
  /** Take an unclaimed command back. */
  | { type: 'WithdrawCommand'; host: HostName; attempt: number }
  /** The attempt is over: its command leaves the mailbox. */
  | { type: 'CloseCommand'; host: HostName; attempt: number }
  /** End the attempt's script now; the host then puts itself back. */
  | { type: 'KillCommand'; host: HostName; attempt: number; reason: string }
  /** Put the command of a script that runs once into the host's mailbox. */
  | { type: 'SendScript'; on: HostName; number: number; script: number }
  | { type: 'CloseScript'; on: HostName; number: number }
  /** Put the order to fetch ahead into the host's mailbox. */
  | { type: 'SendPrefetch'; host: HostName; number: number; revision: string }
  | { type: 'WithdrawPrefetch'; host: HostName; number: number }
  | { type: 'ClosePrefetch'; host: HostName; number: number }
  /** The host holds no slot any more: limits over all rollouts count it no longer. */
  | { type: 'FreeSlot'; host: HostName }
  /** What happened to the host, for its history. */
  | { type: 'Record'; host: HostName; entry: TaskRecord }
  /** For those outside who want to know. */
  | { type: 'Announce'; announcement: Announcement }
  /** Move the host's assignment: what it should run from now on. */
  | { type: 'Assign'; host: HostName; revision: string | null }
  /** The rollout has ended: others that wait for its hosts may go on, and what it says for hosts that join is kept. */
  | { type: 'EndRollout'; rollout: RolloutId }

export type TaskRecord = {
  attempt: number
  direction: Direction
  state: TaskState
  from: string | null
  message: string | null
  by: string
  reason: string | null
  atMs: number
}

export type Announcement = { event: 'started' | 'held' | 'gate' | 'waits' | 'rolling-back' | 'ended'; phase: Phase; why: string; atMs: number }
