/** Commands, goals and results on the wire. Reading never throws: what cannot be used reads as null. */
import type { Artifact as WireArtifact, Artifact__Output } from '../proto/gen/muster/v1/Artifact.ts'
import type { Check as WireCheck, Check__Output } from '../proto/gen/muster/v1/Check.ts'
import type { Command as WireCommand, Command__Output } from '../proto/gen/muster/v1/Command.ts'
import type { Goal as WireGoal, Goal__Output } from '../proto/gen/muster/v1/Goal.ts'
import type { Installed__Output } from '../proto/gen/muster/v1/Installed.ts'
import type { Result as WireResult, Result__Output } from '../proto/gen/muster/v1/Result.ts'
import { RESULT_MESSAGE_CHARS, STEPS } from './command.ts'
import type { Artifact, Check, Command, Goal, Installed, Probe, Result, StepSettings } from './command.ts'
import { revertFromWire, revertToWire, stepFromWire, stepToWire, verdictFromWire, verdictToWire } from './wire-enums.ts'

export function commandToWire(command: Command): WireCommand {
  const { id, goal, account, ...rest } = command
  return { ...rest, commandId: id, goal: goal && goalToWire(goal), account: account ?? '' }
}

/** Null when the frame has a goal that names no program: such a command can be neither run nor mistaken for a removal. */
export function commandFromWire(frame: Command__Output): Command | null {
  const goal = frame.goal ? goalFromWire(frame.goal) : null
  if (frame.goal && !goal) return null
  const { commandId: id, rollout, service, path, account, timeoutMs, keepReleases, actor } = frame
  return { id, rollout, service, goal, path, account: account || null, timeoutMs, keepReleases, actor }
}

export function goalToWire(goal: Goal): WireGoal {
  const { srv, cmd, run, check, ...rest } = goal
  return { ...rest, srv: artifactToWire(srv), cmd: cmd && artifactToWire(cmd), run: run ?? '', check: check && checkToWire(check) }
}

/** Null without a program, or with a check that this version does not know: a host must not be called healthy unasked. */
export function goalFromWire(frame: Goal__Output): Goal | null {
  const check = frame.check ? checkFromWire(frame.check) : null
  if (!frame.srv || (frame.check && !check)) return null
  return {
    revision: frame.revision,
    version: frame.version,
    srv: artifactFromWire(frame.srv),
    cmd: frame.cmd ? artifactFromWire(frame.cmd) : null,
    variables: frame.variables,
    run: frame.run || null,
    check,
    steps: stepSettings(frame.steps),
  }
}

export function resultToWire(result: Result): WireResult {
  const { id, verdict, step, message, revert, ...rest } = result
  return {
    ...rest,
    commandId: id,
    verdict: verdictToWire(verdict),
    step: stepToWire(step),
    message: message.slice(0, RESULT_MESSAGE_CHARS),
    revert: revertToWire(revert),
  }
}

export function resultFromWire(frame: Result__Output): Result {
  return {
    id: frame.commandId,
    verdict: verdictFromWire(frame.verdict),
    step: stepFromWire(frame.step),
    exitCode: frame.exitCode,
    message: frame.message.slice(0, RESULT_MESSAGE_CHARS),
    revert: revertFromWire(frame.revert),
    changed: frame.changed,
    durationMs: frame.durationMs,
    installed: frame.installed ? installedFromWire(frame.installed) : null,
  }
}

export function installedFromWire({ service, revision, version }: Installed__Output): Installed {
  return { service, revision, version }
}

function artifactToWire({ digest, sizeBytes, entries }: Artifact): WireArtifact {
  return { digest, sizeBytes, entries }
}

function artifactFromWire({ digest, sizeBytes, entries }: Artifact__Output): Artifact {
  return { digest, sizeBytes, entries }
}

function checkToWire({ probe, withinMs, forMs }: Check): WireCheck {
  switch (probe.kind) {
    case 'http':
      return { http: probe.url, withinMs, forMs }
    case 'tcp':
      return { tcp: probe.address, withinMs, forMs }
    case 'exec':
      return { exec: probe.command, withinMs, forMs }
    default:
      return probe satisfies never
  }
}

function checkFromWire(frame: Check__Output): Check | null {
  const probe = probeFromWire(frame)
  return probe && { probe, withinMs: frame.withinMs, forMs: frame.forMs }
}

function probeFromWire(frame: Check__Output): Probe | null {
  switch (frame.probe) {
    case 'http':
      return { kind: 'http', url: frame.http ?? '' }
    case 'tcp':
      return { kind: 'tcp', address: frame.tcp ?? '' }
    case 'exec':
      return { kind: 'exec', command: frame.exec ?? '' }
    default:
      return null
  }
}

/** Settings of steps that this version does not know are left out: it will not run those steps either. */
function stepSettings(frame: Goal__Output['steps']): StepSettings {
  const known = STEPS.filter((step) => Object.hasOwn(frame, step))
  return Object.fromEntries(known.map((step) => [step, { idempotent: frame[step]?.idempotent ?? false }]))
}
