/**
 * Scripts that run once per rollout: before the first host, as the test of a wave, after the last host, and, on the way back, what undoes
 * them. Owns that one runs at a time, and that an outcome nobody knows is left to a person.
 */
import type { Strategy } from '../../shared/strategy.ts'
import type { AgentEvent, EngineEvent } from './event.ts'
import type { Handled } from './outcome.ts'
import type { Rollout, Script } from './state.ts'

type EventOf<T extends (AgentEvent | EngineEvent)['type']> = Extract<AgentEvent | EngineEvent, { type: T }>

export function newScripts({ before, after }: Strategy, now: number): Script[] {
  const script = (purpose: 'before' | 'after') => (name: string): Script => ({
    purpose, name, wave: null, undoes: null, state: 'waiting', host: null, number: 0, away: false, sinceMs: now, dueAtMs: null, failure: null,
  })
  return [...before.map(script('before')), ...after.map(script('after'))]
}

export function onScriptOffered(_rollout: Rollout, _event: EventOf<'ScriptOffered'>, _now: number): Handled {
  return null
}

export function onScriptStarted(_rollout: Rollout, _event: EventOf<'ScriptStarted'>, _now: number): Handled {
  return null
}

export function onScriptEnded(_rollout: Rollout, _event: EventOf<'ScriptEnded'>, _now: number): Handled {
  return null
}

export function onScriptRetryRequested(rollout: Rollout, _now: number): Handled {
  return { refused: `${rollout.id} has no script to run again` }
}

export function onScriptSkipRequested(rollout: Rollout, _now: number): Handled {
  return { refused: `${rollout.id} has no script to skip` }
}
