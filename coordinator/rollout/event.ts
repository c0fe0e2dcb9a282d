/** What has happened, in the past tense. Whatever arrives late, twice or out of order is an event like any other; step.ts ignores it. */
import type { Revert, Step } from '../../shared/command.ts'
import type { HostName, RolloutId } from '../../shared/ids.ts'
import type { Before } from './state.ts'

type OfAttempt = { host: HostName; attempt: number }

export type AgentEvent =
  | ({ type: 'ClaimRequested'; epoch: number; installed: Before } & OfAttempt)
  /** The host says on connecting that it has the attempt's slot, and its mailbox knows of none. `installed`: what it ran before. */
  | ({ type: 'SlotHeld'; installed: Before } & OfAttempt)
  | ({ type: 'StepStarted'; step: Step } & OfAttempt)
  | ({ type: 'TaskSucceeded'; changed: boolean } & OfAttempt)
  | ({ type: 'TaskFailed'; verdict: 'failed' | 'timed-out' | 'unknown'; step: Step | null; exitCode: number; message: string; revert: Revert } & OfAttempt)
  | { type: 'PrefetchEnded'; host: HostName; number: number; verdict: 'succeeded' | 'failed'; message: string }
  | { type: 'HostConnected'; host: HostName }
  /** No sign of life for the liveness interval. */
  | { type: 'HostLost'; host: HostName }
  /** Of a script that runs once: `on` is its host, `number` its command's. */
  | { type: 'ScriptStarted'; on: HostName; number: number }
  | { type: 'ScriptEnded'; on: HostName; number: number; verdict: 'succeeded' | 'failed' | 'timed-out' | 'unknown'; exitCode: number; message: string }

/** The engine shows the machine the rows that it wanted to see (want.ts), and tells it that time has passed. */
export type EngineEvent =
  | { type: 'RolloutStarted' }
  /** `assigned`: what the host is assigned now; needed of hosts that are away. */
  | { type: 'HostOffered'; host: HostName; presence: Presence; assigned: string | null }
  /** A host that may run the next script; null: none of them is here. */
  | { type: 'ScriptOffered'; on: HostName | null }
  | { type: 'SlotOffered'; host: HostName }
  | { type: 'WithdrawalDue'; host: HostName }
  | { type: 'TurnDue'; host: HostName }
  | { type: 'RetryDue'; host: HostName }
  | { type: 'PrefetchOffered'; host: HostName; presence: Presence }
  | { type: 'PrefetchWithdrawalDue'; host: HostName }
  | { type: 'TaskTimePassed'; host: HostName }
  | { type: 'TimePassed' }
  /** These rollouts, for which this one waited, have ended. */
  | { type: 'WaitEnded'; rollouts: RolloutId[] }
  /** A limit over all rollouts keeps the next host in line from its slot; null: no longer. */
  | { type: 'LimitMet'; limit: string | null }
  | { type: 'FreezeBegan'; freeze: string; untilMs: number }
  | { type: 'FreezeEnded' }

export type Presence = 'connected' | 'away'

type ByPerson = { by: string; reason: string | null }

export type ControlEvent =
  | ({ type: 'PauseRequested' } & ByPerson)
  /** `overrideFreeze`: go on although a freeze window says otherwise. */
  | ({ type: 'ResumeRequested'; overrideFreeze: boolean } & ByPerson)
  | ({ type: 'PromoteRequested' } & ByPerson)
  | ({ type: 'AbortRequested' } & ByPerson)
  /** `wave`: that one alone. */
  | ({ type: 'RollbackRequested'; wave: number | null } & ByPerson)
  /** `failed`: failed, timed out, unreachable. `not-started`: those that nothing was done on, also after an abort. */
  | ({ type: 'RetryRequested'; which: 'failed' | 'not-started' } & ByPerson)
  /** Of the script that failed, or whose outcome nobody knows. */
  | ({ type: 'ScriptRetryRequested' } & ByPerson)
  | ({ type: 'ScriptSkipRequested' } & ByPerson)
  | ({ type: 'KillRequested'; host: HostName } & ByPerson)
  | ({ type: 'HostRetryRequested'; host: HostName } & ByPerson)
  | ({ type: 'SkipRequested'; host: HostName; presence: Presence } & ByPerson)

export type Event = AgentEvent | EngineEvent | ControlEvent

/** The host whose row an event needs; null when it speaks of the rollout alone. */
export function hostOf(event: Event): HostName | null {
  return 'host' in event ? event.host : null
}
