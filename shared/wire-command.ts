/** Commands, goals and results on the wire. Reading never throws: what cannot be used reads as null. */
import type { Artifact as WireArtifact, Artifact__Output } from '../proto/gen/muster/v1/Artifact.ts'
import type { Check as WireCheck, Check__Output } from '../proto/gen/muster/v1/Check.ts'
import type { Command as WireCommand, Command__Output } from '../proto/gen/muster/v1/Command.ts'
import type { Envelope as WireEnvelope, Envelope__Output } from '../proto/gen/muster/v1/Envelope.ts'
import type { Finding as WireFinding, Finding__Output } from '../proto/gen/muster/v1/Finding.ts'
import type { Goal as WireGoal, Goal__Output } from '../proto/gen/muster/v1/Goal.ts'
import type { Installed as WireInstalled, Installed__Output } from '../proto/gen/muster/v1/Installed.ts'
import type { Result as WireResult, Result__Output } from '../proto/gen/muster/v1/Result.ts'
import { FINDING_MESSAGE_CHARS, MAX_FINDINGS, RESULT_MESSAGE_CHARS, STEPS } from './command.ts'
import type { Action, Artifact, Check, Command, Finding, Goal, Installed, Probe, Result, StepSettings } from './command.ts'
import type { Envelope } from './envelope.ts'
import {
  findingKindFromWire, findingKindToWire, revertFromWire, revertToWire, stepFromWire, stepToWire, stopFromWire, stopToWire, verdictFromWire, verdictToWire,
} from './wire-enums.ts'

export function commandToWire(command: Command): WireCommand {
  const { id, action, account, ...rest } = command
  return { ...rest, commandId: id, ...actionToWire(action), account: account ?? '' }
}

/** Null without an action that this version knows, or with a goal that names no program: such a command can be neither run nor mistaken for another. */
export function commandFromWire(frame: Command__Output): Command | null {
  const action = actionFromWire(frame)
  if (!action) return null
  const { commandId: id, rollout, service, path, account, timeoutMs, keepReleases, actor } = frame
  return { id, rollout, service, action, path, account: account || null, timeoutMs, keepReleases, actor }
}

function actionToWire(action: Action): Pick<WireCommand, 'deploy' | 'remove' | 'script' | 'exec' | 'prefetch'> {
  switch (action.kind) {
    case 'deploy':
      return { deploy: { goal: goalToWire(action.goal), stop: stopToWire(action.stop), repair: action.repair } }
    case 'remove':
      return { remove: { stop: stopToWire(action.stop) } }
    case 'script': {
      const { goal, script, wave, hosts, undo } = action
      return { script: { goal: goalToWire(goal), script, wave: wave ?? 0, hosts, undo } }
    }
    case 'exec':
      return { exec: { command: action.command } }
    case 'prefetch':
      return { prefetch: { goal: goalToWire(action.goal), maxBytesPerSecond: action.maxBytesPerSecond ?? 0 } }
    default:
      return action satisfies never
  }
}

function actionFromWire({ deploy, remove, script, exec, prefetch }: Command__Output): Action | null {
  if (remove) return { kind: 'remove', stop: stopFromWire(remove.stop) === 'kill' ? 'kill' : 'running' }
  if (exec) return { kind: 'exec', command: exec.command }
  const goalFrame = deploy?.goal ?? script?.goal ?? prefetch?.goal
  const goal = goalFrame ? goalFromWire(goalFrame) : null
  if (deploy && goal) return { kind: 'deploy', goal, stop: stopFromWire(deploy.stop), repair: deploy.repair }
  if (script && goal) return { kind: 'script', goal, script: script.script, wave: script.wave || null, hosts: script.hosts, undo: script.undo }
  if (prefetch && goal) return { kind: 'prefetch', goal, maxBytesPerSecond: prefetch.maxBytesPerSecond || null }
  return null
}

function goalToWire(goal: Goal): WireGoal {
  const { srv, cmd, run, check, instances, release, ...rest } = goal
  return {
    ...rest,
    srv: artifactToWire(srv),
    cmd: cmd && artifactToWire(cmd),
    run: run ?? '',
    check: check && checkToWire(check),
    instances: mapValues(instances, (variables) => ({ variables })),
    release: release && envelopeToWire(release),
  }
}

/** Null without a program, or with a check that this version does not know: a host must not be called healthy unasked. */
function goalFromWire(frame: Goal__Output): Goal | null {
  const check = frame.check ? checkFromWire(frame.check) : null
  if (!frame.srv || (frame.check && !check)) return null
  return {
    revision: frame.revision,
    version: frame.version,
    srv: artifactFromWire(frame.srv),
    cmd: frame.cmd ? artifactFromWire(frame.cmd) : null,
    variables: frame.variables,
    instances: mapValues(frame.instances, (instance) => instance.variables),
    run: frame.run || null,
    check,
    steps: stepSettings(frame.steps),
    release: frame.release ? envelopeFromWire(frame.release) : null,
  }
}

export function resultToWire(result: Result): WireResult {
  const { id, verdict, step, message, revert, installed, ...rest } = result
  return {
    ...rest,
    commandId: id,
    verdict: verdictToWire(verdict),
    step: stepToWire(step),
    message: message.slice(0, RESULT_MESSAGE_CHARS),
    revert: revertToWire(revert),
    installed: installed && installedToWire(installed),
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

export function installedToWire({ findings, ...rest }: Installed): WireInstalled {
  return { ...rest, findings: findingsToWire(findings) }
}

export function installedFromWire({ service, revision, version, findings }: Installed__Output): Installed {
  return { service, revision, version, findings: findingsFromWire(findings) }
}

export function findingsToWire(findings: readonly Finding[]): WireFinding[] {
  return findings.slice(0, MAX_FINDINGS).map(({ kind, message }) => ({ kind: findingKindToWire(kind), message: message.slice(0, FINDING_MESSAGE_CHARS) }))
}

export function findingsFromWire(findings: readonly Finding__Output[]): Finding[] {
  return findings.slice(0, MAX_FINDINGS).map(({ kind, message }) => ({ kind: findingKindFromWire(kind), message: message.slice(0, FINDING_MESSAGE_CHARS) }))
}

function mapValues<From, To>(values: Record<string, From>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]))
}

function envelopeToWire({ payloadType, payload, signatures }: Envelope): WireEnvelope {
  const signed = signatures.map(({ keyid, sig }) => ({ keyId: keyid, signature: Buffer.from(sig, 'base64') }))
  return { payloadType, payload: Buffer.from(payload, 'base64'), signatures: signed }
}

function envelopeFromWire({ payloadType, payload, signatures }: Envelope__Output): Envelope {
  const signed = signatures.map(({ keyId, signature }) => ({ keyid: keyId, sig: signature.toString('base64') }))
  return { payloadType, payload: payload.toString('base64'), signatures: signed }
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
