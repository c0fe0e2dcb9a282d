/** Plays an attempt by the pure core alone: whatever it asks for is journalled as done, with outcomes that the test chooses. */
import type { Command } from '../../../shared/command.ts'
import { apply } from '../../../agent/deploy/attempt.ts'
import type { Attempt } from '../../../agent/deploy/attempt.ts'
import type { Before, Entry, Outcome } from '../../../agent/deploy/entry.ts'
import { next } from '../../../agent/deploy/next.ts'
import type { Action } from '../../../agent/deploy/next.ts'

export const PASSED: Outcome = { kind: 'passed' }
export const FAILED: Outcome = { kind: 'failed', exitCode: 3, message: 'exited with 3: boom' }
export const TIMED_OUT: Outcome = { kind: 'timed-out', message: 'did not end in time' }
export const UNKNOWN: Outcome = { kind: 'unknown', message: 'gone without a status' }
export const NEVER_RAN: Outcome = { kind: 'never-ran' }

export const NOTHING: Before = { installed: null, running: null, settled: true }

/** `crashed`: the agent dies after it has journalled a start, so the outcome is found out by attaching. */
export type Choice = { outcome: Outcome; crashed?: boolean }
export type Choose = (step: string, run: number) => Choice | Outcome
export type Played = { actions: Action[]; steps: string[]; attempt: Attempt; conclusion: (Action & { do: 'conclude' })['conclusion'] }

const MAX_ACTIONS = 200

export function journal(command: Command, entries: Entry[] = []): Attempt {
  const all: Entry[] = [{ kind: 'accepted', command }, ...entries]
  const attempt = all.reduce<Attempt | null>((so, entry, index) => apply(so, { at: '2026-01-01T00:00:00.000Z', bootId: 'boot', monotonicMs: index, ...entry }), null)
  return attempt!
}

/** @param killAt the attempt is killed after so many actions; null: never */
export function play(command: Command, before: Before, choose: Choose, killAt: number | null = null): Played {
  let attempt = journal(command)
  const actions: Action[] = []
  const runs = new Map<string, number>()
  const write = (...entries: Entry[]): void => {
    for (const entry of entries) attempt = apply(attempt, { at: '', bootId: 'boot', monotonicMs: actions.length, ...entry })
  }
  let crashed: Outcome | null = null
  while (actions.length < MAX_ACTIONS) {
    if (actions.length === killAt) write({ kind: 'killed', reason: 'stop it' })
    const action = next(attempt)
    actions.push(action)
    if (action.do === 'begin') write({ kind: 'began', before })
    else if (action.do === 'claim') write({ kind: 'granted' })
    else if (action.do === 'attach') write({ kind: 'finished', step: action.step, outcome: crashed ?? UNKNOWN })
    else if (action.do === 'prepare' || action.do === 'switch' || action.do === 'end' || action.do === 'run') {
      const run = (runs.get(action.step) ?? 0) + 1
      runs.set(action.step, run)
      const chosen = choose(action.step, run)
      const choice: Choice = 'outcome' in chosen ? chosen : { outcome: chosen }
      if (action.do === 'run') write({ kind: 'started', step: action.step, ticket: action.ticket })
      if (action.do === 'run' && choice.crashed) crashed = choice.outcome
      else write({ kind: 'finished', step: action.step, outcome: choice.outcome })
    } else if (action.do === 'conclude') {
      const steps = actions.flatMap((one) => ('step' in one ? [one.step] : one.do === 'claim' ? ['claim'] : []))
      return { actions, steps, attempt, conclusion: action.conclusion }
    } else throw new Error(`${action.do} before a result`)
  }
  throw new Error(`no end after ${MAX_ACTIONS} actions`)
}
