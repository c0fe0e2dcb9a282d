/**
 * The unions of `command.ts` and the enums of the wire. The tables do not compile while a member is missing; a value
 * that a newer peer sends arrives as a number and reads as what promises least.
 */
import type { FindingKind as WireFindingKind } from '../proto/gen/muster/v1/FindingKind.ts'
import type { Revert as WireRevert } from '../proto/gen/muster/v1/Revert.ts'
import type { SourceKind as WireSourceKind } from '../proto/gen/muster/v1/SourceKind.ts'
import type { Step as WireStep } from '../proto/gen/muster/v1/Step.ts'
import type { Stop as WireStop } from '../proto/gen/muster/v1/Stop.ts'
import type { Verdict as WireVerdict } from '../proto/gen/muster/v1/Verdict.ts'
import type { Finding, Revert, Step, Stop, Verdict } from './command.ts'
import type { Source } from './distribution/offer.ts'

const STEP_NAMES = {
  preflight: 'STEP_PREFLIGHT',
  fetch: 'STEP_FETCH',
  unpack: 'STEP_UNPACK',
  claim: 'STEP_CLAIM',
  stop: 'STEP_STOP',
  switch: 'STEP_SWITCH',
  start: 'STEP_START',
  check: 'STEP_CHECK',
  run: 'STEP_RUN',
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

const STOP_NAMES = {
  running: 'STOP_RUNNING',
  new: 'STOP_NEW',
  kill: 'STOP_KILL',
} as const satisfies Record<Stop, WireStop>

const FINDING_NAMES = {
  files: 'FINDING_KIND_FILES',
  process: 'FINDING_KIND_PROCESS',
  link: 'FINDING_KIND_LINK',
} as const satisfies Record<Finding['kind'], WireFindingKind>

const SOURCE_NAMES = {
  relay: 'SOURCE_KIND_RELAY',
  coordinator: 'SOURCE_KIND_COORDINATOR',
} as const satisfies Record<Source['kind'], WireSourceKind>

const steps = inverse(STEP_NAMES)
const verdicts = inverse(VERDICT_NAMES)
const reverts = inverse(REVERT_NAMES)
const stops = inverse(STOP_NAMES)
const findings = inverse(FINDING_NAMES)
const sources = inverse(SOURCE_NAMES)

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

export function stopToWire(stop: Stop): WireStop {
  return STOP_NAMES[stop]
}

/** A way to stop that this version does not know reads as the usual one. */
export function stopFromWire(value: unknown): Stop {
  return stops.get(value) ?? 'running'
}

export function findingKindToWire(kind: Finding['kind']): WireFindingKind {
  return FINDING_NAMES[kind]
}

/** A kind that this version does not know is a finding still. */
export function findingKindFromWire(value: unknown): Finding['kind'] {
  return findings.get(value) ?? 'files'
}

export function sourceKindToWire(kind: Source['kind']): WireSourceKind {
  return SOURCE_NAMES[kind]
}

/** Null: a kind that this version does not know how to ask. */
export function sourceKindFromWire(value: unknown): Source['kind'] | null {
  return sources.get(value) ?? null
}

function inverse<Member extends string>(names: Record<Member, string>): Map<unknown, Member> {
  return new Map(Object.entries(names).map(([member, name]) => [name, member as Member]))
}
