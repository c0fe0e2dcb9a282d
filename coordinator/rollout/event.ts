/** What has happened, in the past tense. Whatever arrives late, twice or out of order is an event like any other; step.ts ignores it. */
import type { Revert, Step } from '../../shared/command.ts'
import type { HostName } from '../../shared/ids.ts'
import type { Before } from './state.ts'

type OfAttempt = { host: HostName; attempt: number }

export type AgentEvent =
  | ({ type: 'ClaimRequested'; epoch: number; installed: Before } & OfAttempt)
  | ({ type: 'StepStarted'; step: Step } & OfAttempt)
  | ({ type: 'TaskSucceeded'; changed: boolean } & OfAttempt)
  | ({ type: 'TaskFailed'; verdict: 'failed' | 'timed-out' | 'unknown'; step: Step | null; exitCode: number; message: string; revert: Revert } & OfAttempt)
  | { type: 'HostConnected'; host: HostName }
  /** No sign of life for the liveness interval. */
  | { type: 'HostLost'; host: HostName }

/** The engine shows the machine the rows that it wanted to see (want.ts), and tells it that time has passed. */
export type EngineEvent =
  | { type: 'RolloutStarted' }
  | { type: 'HostOffered'; host: HostName; presence: Presence }
  | { type: 'SlotOffered'; host: HostName }
  | { type: 'WithdrawalDue'; host: HostName }
  | { type: 'TurnDue'; host: HostName }
  | { type: 'RetryDue'; host: HostName }
  | { type: 'TaskTimePassed'; host: HostName }
  | { type: 'TimePassed' }

export type Presence = 'connected' | 'away'

type ByPerson = { by: string; reason: string | null }

export type ControlEvent =
  | ({ type: 'PauseRequested' } & ByPerson)
  | ({ type: 'ResumeRequested' } & ByPerson)
  | ({ type: 'PromoteRequested' } & ByPerson)
  | ({ type: 'AbortRequested' } & ByPerson)
  | ({ type: 'RollbackRequested' } & ByPerson)
  | ({ type: 'RetryRequested' } & ByPerson)
  | ({ type: 'HostRetryRequested'; host: HostName } & ByPerson)
  | ({ type: 'SkipRequested'; host: HostName; presence: Presence } & ByPerson)

export type Event = AgentEvent | EngineEvent | ControlEvent
export type EventType = Event['type']

/** The host whose row an event needs; null when it speaks of the rollout alone. */
export function hostOf(event: Event): HostName | null {
  return 'host' in event ? event.host : null
}
