/** What is to be done about it, in the imperative. Every effect may be performed twice without harm. */
import type { Direction } from '../../shared/states.ts'
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
  /** Move the host's assignment: what it should run from now on. */
  | { type: 'Assign'; host: HostName; revision: string | null }
  /** The rollout has ended; the service is free for another one. */
  | { type: 'EndRollout'; rollout: RolloutId }

export type EffectType = Effect['type']
