/**
 * The unions of `command.ts` and the enums of the wire. The tables do not compile while a member is missing; a value
 * that a newer peer sends arrives as a number and reads as what promises least.
 */
import type { Revert as WireRevert } from '../proto/gen/muster/v1/Revert.ts'
import type { Step as WireStep } from '../proto/gen/muster/v1/Step.ts'
import type { Verdict as WireVerdict } from '../proto/gen/muster/v1/Verdict.ts'
import type { Revert, Step, Verdict } from './command.ts'

const STEP_NAMES = {
  preflight: 'STEP_PREFLIGHT',
  fetch: 'STEP_FETCH',
  unpack: 'STEP_UNPACK',
  claim: 'STEP_CLAIM',
  stop: 'STEP_STOP',
  switch: 'STEP_SWITCH',
  start: 'STEP_START',
  check: 'STEP_CHECK',
  'revert-stop': 'STEP_REVERT_STOP',
  'revert-switch': 'STEP_REVERT_SWITCH',
  'revert-start': 'STEP_REVERT_START',
  'revert-check': 'STEP_REVERT_CHECK',
} as const satisfies Record<Step, WireStep>

const VERDICT_NAMES = {
  succeeded: 'VERDICT_SUCCEEDED',
  failed: 'VERDICT_FAILED',
  'timed-out': 'VERDICT_TIMED_OUT',
  unknown: 'VERDICT_UNKNOWN',
  withdrawn: 'VERDICT_WITHDRAWN',
} as const satisfies Record<Verdict, WireVerdict>

const REVERT_NAMES = {
  'not-needed': 'REVERT_NOT_NEEDED',
  succeeded: 'REVERT_SUCCEEDED',
  failed: 'REVERT_FAILED',
} as const satisfies Record<Revert, WireRevert>

const steps = inverse(STEP_NAMES)
const verdicts = inverse(VERDICT_NAMES)
const reverts = inverse(REVERT_NAMES)

export function stepToWire(step: Step | null): WireStep {
  return step === null ? 'STEP_UNSPECIFIED' : STEP_NAMES[step]
}

/** Null: no step, or one that this version does not know. */
export function stepFromWire(value: unknown): Step | null {
  return steps.get(value) ?? null
}

export function verdictToWire(verdict: Verdict): WireVerdict {
  return VERDICT_NAMES[verdict]
}

/** A verdict that this version does not know is `unknown`: a person decides. */
export function verdictFromWire(value: unknown): Verdict {
  return verdicts.get(value) ?? 'unknown'
}

export function revertToWire(revert: Revert): WireRevert {
  return REVERT_NAMES[revert]
}

/** A value that this version does not know reads as `failed`: the service may be down. */
export function revertFromWire(value: unknown): Revert {
  return reverts.get(value) ?? 'failed'
}

function inverse<Member extends string>(names: Record<Member, string>): Map<unknown, Member> {
  return new Map(Object.entries(names).map(([member, name]) => [name, member as Member]))
}
