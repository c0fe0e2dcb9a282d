/**
 * Whose turn it is among the scripts that run once per rollout, and which of them keeps hosts or people waiting. Owns the order: the `before`
 * ones and then the hosts, the last host and then the `after` ones, the last host put back and then what undoes them; one at a time.
 */
import type { Direction, TaskState } from '../../shared/states.ts'
import type { Rollout, Script, ScriptPurpose } from './state.ts'
import { count, isAboutToRetry, toTurn } from './tally.ts'
import { isWarming } from './warming.ts'

export const UNFINISHED: readonly TaskState[] = ['waiting', 'withdrawn', 'sent', 'claimed', 'running', 'unknown']
const HOLDING_FORWARD: readonly TaskState[] = ['sent', 'claimed', 'running', 'unknown']

/** Its command is out, and its outcome is awaited. */
export function isOut({ state }: Script): boolean {
  return state === 'sent' || state === 'running'
}

export function hasPassed({ state }: Script): boolean {
  return state === 'succeeded' || state === 'skipped'
}

/** It did not do what it was for, or nobody knows. */
export function hasFailed({ state }: Script): boolean {
  return state === 'failed' || state === 'timed-out' || state === 'unknown'
}

/** It is yet to run, or runs. */
export function isOpen(script: Script): boolean {
  return !hasPassed(script) && !hasFailed(script)
}

function directionOf({ purpose }: Script): Direction {
  return purpose === 'undo' ? 'back' : 'forward'
}

/** Place of the test of a wave; null: it has none. */
export function testOf({ scripts }: Rollout, wave: number): number | null {
  return placed(scripts.findIndex((script) => script.purpose === 'test' && script.wave === wave))
}

/** Place of the script that waits for nothing but a host to run it; null: there is none now. */
export function dueScript(rollout: Rollout): number | null {
  if (rollout.scripts.some(isOut)) return null
  const place = nextScript(rollout)
  return place !== null && rollout.scripts[place]?.state === 'waiting' ? place : null
}

function nextScript(rollout: Rollout): number | null {
  const { phase, gate, wave, waves, backOnly } = rollout
  if (phase === 'rolling-back') {
    const isUndoing = backOnly === null && !isAboutToRetry(rollout) && hostsAreBack(rollout)
    return isUndoing ? first(rollout, 'undo', (script) => !hasPassed(script)) : null
  }
  if (phase !== 'running' || isWarming(rollout)) return null
  const before = first(rollout, 'before', (script) => !hasPassed(script))
  if (before !== null) return before
  if (gate !== null) return gate.kind === 'test' ? gate.script : null
  const lastIsOver = wave === waves.length - 1 && !isAboutToRetry(rollout) && count(rollout, 'forward', UNFINISHED) === 0
  return lastIsOver ? first(rollout, 'after', isOpen) : null
}

/** Whether every host that the rollout touched has been put back, or has failed to be. */
export function hostsAreBack(rollout: Rollout): boolean {
  const isOut = rollout.queues['warming-forward'] + count(rollout, 'forward', HOLDING_FORWARD) > 0
  return !isOut && toTurn(rollout) === 0 && count(rollout, 'back', UNFINISHED) === 0
}

/** No host begins while hosts fetch ahead, before the `before` scripts, under a test, or beside any other script of the way that the rollout goes. */
export function keepsHosts(rollout: Rollout): boolean {
  const { scripts, direction } = rollout
  const keeps = (script: Script) => isOut(script) || (script.purpose === 'before' && !hasPassed(script))
  return isWarming(rollout) || scripts.some((script) => directionOf(script) === direction && keeps(script))
}

/** Place of the script whose failure the rollout does not go on beyond by itself. What undoes, and what comes before all hosts, is never passed over. */
export function troubleOf({ scripts, direction, strategy }: Rollout): number | null {
  const isPassedOver = ({ purpose }: Script) => strategy.onFailure === 'continue' && (purpose === 'test' || purpose === 'after')
  return placed(scripts.findIndex((script) => directionOf(script) === direction && hasFailed(script) && !isPassedOver(script)))
}

function first({ scripts }: Rollout, purpose: ScriptPurpose, is: (script: Script) => boolean): number | null {
  return placed(scripts.findIndex((script) => script.purpose === purpose && is(script)))
}

function placed(index: number): number | null {
  return index === -1 ? null : index
}
