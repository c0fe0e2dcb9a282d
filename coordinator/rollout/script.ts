/**
 * Scripts that run once per rollout: before the first host, as the test of a wave, after the last host, and, on the way back, what undoes
 * them. Owns the life of one: waiting → sent → running → succeeded | failed | timed-out | unknown | skipped. A report counts only for the
 * command that it is about; one that nobody heard the end of is unknown, and stays so until a late report or a person's verdict.
 */
import { hasEnded } from '../../shared/states.ts'
import type { Strategy } from '../../shared/strategy.ts'
import { deadline, DEADLINE_GRACE_MS } from './attempt.ts'
import type { Effect } from './effect.ts'
import type { AgentEvent, EngineEvent } from './event.ts'
import type { Changed, Handled } from './outcome.ts'
import { dueScript, isOut, troubleOf } from './script-turn.ts'
import type { Rollout, Script, ScriptPurpose } from './state.ts'

type EventOf<T extends (AgentEvent | EngineEvent)['type']> = Extract<AgentEvent | EngineEvent, { type: T }>

/** All that will run on the way forward, in its order. */
export function newScripts({ before, after, gate }: Strategy, waves: number, now: number): Script[] {
  const tested = gate.kind !== 'test' || gate.after === 'none' ? 0 : gate.after === 'first' ? 1 : waves
  const tests = gate.kind === 'test' ? Array.from({ length: tested }, (_, wave) => newScript('test', gate.test, now, { wave })) : []
  return [...before.map((name) => newScript('before', name, now)), ...tests, ...after.map((name) => newScript('after', name, now))]
}

function newScript(purpose: ScriptPurpose, name: string, now: number, about: Partial<Pick<Script, 'wave' | 'undoes'>> = {}): Script {
  return {
    purpose, name, wave: null, undoes: null, state: 'waiting', host: null, number: 0, away: false, sinceMs: now, dueAtMs: null, failure: null, ...about,
  }
}

/** As the cmd package calls the executable. */
export function executableOf({ purpose, name }: Pick<Script, 'purpose' | 'name'>): string {
  return purpose === 'undo' ? `${name}-undo` : name
}

export function onScriptOffered(rollout: Rollout, { on }: EventOf<'ScriptOffered'>, now: number): Changed | null {
  const place = dueScript(rollout)
  const script = place === null ? undefined : rollout.scripts[place]
  if (place === null || script === undefined) return null
  if (isIdle(rollout, script)) return { rollout: replace(rollout, place, { ...at(script, 'failed', now), failure: nothingToTest(rollout, script, now) }) }
  if (on === null) return script.away ? null : { rollout: replace(rollout, place, { ...script, away: true, sinceMs: now }) }
  const number = Math.max(...rollout.scripts.map((each) => each.number)) + 1
  const sent: Script = { ...at(script, 'sent', now), host: on, number, dueAtMs: deadline(rollout, now), failure: null }
  return { rollout: replace(rollout, place, sent), effects: [{ type: 'SendScript', on, number, script: place }] }
}

/** A test of a wave in which the release runs nowhere would pass on nothing. */
function isIdle({ waves }: Rollout, { purpose, wave }: Script): boolean {
  return purpose === 'test' && wave !== null && waves[wave]?.forward.succeeded === 0
}

function nothingToTest({ release }: Rollout, { wave }: Script, now: number): Script['failure'] {
  return { exitCode: -1, message: `no host of wave ${(wave ?? 0) + 1} runs ${release}; there is nothing to test`, atMs: now }
}

export function onScriptStarted(rollout: Rollout, event: EventOf<'ScriptStarted'>, now: number): Changed | null {
  const [place, script] = reported(rollout, event)
  // One that is waiting was withdrawn, and had begun before it heard of that.
  if (script === undefined || (script.state !== 'sent' && script.state !== 'waiting')) return null
  return { rollout: replace(rollout, place, { ...at(script, 'running', now), dueAtMs: deadline(rollout, now) }) }
}

export function onScriptEnded(rollout: Rollout, event: EventOf<'ScriptEnded'>, now: number): Changed | null {
  const [place, script] = reported(rollout, event)
  const isAwaited = script !== undefined && (isOut(script) || script.state === 'waiting' || script.state === 'unknown')
  const { verdict, exitCode, message, on, number } = event
  if (!isAwaited || script.state === verdict) return null
  const failure = verdict === 'succeeded' ? null : { exitCode, message, atMs: now }
  // After the end it is one that began before it heard that it had been withdrawn, and so closed.
  const isListed = isOut(script) && !hasEnded(rollout.phase)
  return { rollout: replace(rollout, place, { ...at(script, verdict, now), failure }), effects: isListed ? [{ type: 'CloseScript', on, number }] : [] }
}

/** The agent ends a script at its timeout; of one that is not heard of for twice as long nobody knows how it ended. */
export function onScriptTimePassed(rollout: Rollout, now: number): Changed {
  const place = rollout.scripts.findIndex(({ dueAtMs }) => dueAtMs !== null && dueAtMs <= now)
  const script = rollout.scripts[place]
  if (script === undefined || script.host === null || hasEnded(rollout.phase)) return { rollout }
  const failure = { exitCode: -1, message: `no result within the timeout and ${DEADLINE_GRACE_MS / 1000} s of grace`, atMs: now }
  return { rollout: replace(rollout, place, { ...at(script, 'unknown', now), failure }), effects: [close(script.host, script)] }
}

/** What no host has begun is taken back. It keeps its host and number, because a report that it had begun may be under way. */
export function withdrawScript(rollout: Rollout, now: number): { rollout: Rollout; effects: Effect[] } {
  const place = rollout.scripts.findIndex(({ state }) => state === 'sent')
  const script = rollout.scripts[place]
  if (script === undefined || script.host === null) return { rollout, effects: [] }
  return { rollout: replace(rollout, place, at(script, 'waiting', now)), effects: [close(script.host, script)] }
}

export function onScriptRetryRequested(rollout: Rollout, now: number): Handled {
  const refused = refusedAtAll(rollout)
  if (refused !== null) return refused
  const place = troubleOf(rollout)
  if (place === null) return { refused: `${rollout.id} has no script that failed, timed out, or is unknown; only such a one can be run again` }
  return { rollout: anew(rollout, place, now) }
}

/** A person's verdict: it counts as passed. */
export function onScriptSkipRequested(rollout: Rollout, now: number): Handled {
  const refused = refusedAtAll(rollout)
  if (refused !== null) return refused
  const place = troubleOf(rollout) ?? dueScript(rollout)
  const script = place === null ? undefined : rollout.scripts[place]
  if (place !== null && script !== undefined) return { rollout: replace(rollout, place, { ...at(script, 'skipped', now), failure: script.failure }) }
  const out = rollout.scripts.find(isOut)
  if (out === undefined) return { refused: `${rollout.id} has no script that waits for a verdict` }
  return { refused: `${executableOf(out)} is out on ${out.host}; wait for its outcome` }
}

function refusedAtAll({ id, phase, hold }: Rollout): { refused: string } | null {
  if (hasEnded(phase)) return { refused: `${id} has ended (${phase})` }
  return hold?.kind === 'abort' ? { refused: `${id} is being aborted` } : null
}

/** As if it had never run; reports of its commands so far count no longer. */
export function anew(rollout: Rollout, place: number, now: number): Rollout {
  const script = rollout.scripts[place]
  return script === undefined ? rollout : replace(rollout, place, { ...at(script, 'waiting', now), host: null })
}

/** With a script for each one that was ever sent and is to be undone, the last first. A test leaves nothing behind, and has none. */
export function withUndos(rollout: Rollout, now: number): Rollout {
  const { scripts } = rollout
  const undone = new Set(scripts.map(({ undoes }) => undoes))
  const undos = scripts.flatMap(({ purpose, name, number }, undoes) => {
    const isToBeUndone = (purpose === 'before' || purpose === 'after') && number > 0 && !undone.has(undoes)
    return isToBeUndone ? [newScript('undo', name, now, { undoes })] : []
  })
  return undos.length === 0 ? rollout : { ...rollout, scripts: [...scripts, ...undos.reverse()] }
}

/** The script that a report is about, and its place. */
function reported({ scripts }: Rollout, { on, number }: { on: string; number: number }): [place: number, script: Script | undefined] {
  const place = scripts.findIndex((script) => script.host === on && script.number === number)
  return [place, scripts[place]]
}

/** In another state, with what belonged to the state before cleared. */
function at(script: Script, state: Script['state'], now: number): Script {
  return { ...script, state, away: false, sinceMs: now, dueAtMs: null, failure: null }
}

function close(on: string, { number }: Script): Effect {
  return { type: 'CloseScript', on, number }
}

function replace(rollout: Rollout, place: number, script: Script): Rollout {
  return { ...rollout, scripts: rollout.scripts.with(place, script) }
}
