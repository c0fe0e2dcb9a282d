/** Messages ↔ frames, for both ends of a session. Reading answers null for a body that this version does not know, and never throws. */
import type { AgentFrame, AgentFrame__Output } from '../proto/gen/muster/v1/AgentFrame.ts'
import type { CoordinatorFrame, CoordinatorFrame__Output } from '../proto/gen/muster/v1/CoordinatorFrame.ts'
import type { Hello__Output } from '../proto/gen/muster/v1/Hello.ts'
import type { Trust__Output } from '../proto/gen/muster/v1/Trust.ts'
import { MAX_BASES } from './distribution/offer.ts'
import type { HostName } from './ids.ts'
import type { AgentMessage, CoordinatorMessage, Hello, Trust } from './message.ts'
import { grantsFromWire, grantsToWire } from './wire-distribution.ts'
import { findingsFromWire, findingsToWire, installedFromWire, installedToWire, resultFromWire, resultToWire } from './wire-command.ts'
import { stepFromWire, stepToWire } from './wire-enums.ts'

export function agentFrame(host: HostName, message: AgentMessage): AgentFrame {
  switch (message.kind) {
    case 'hello': {
      const { installed, open, policy, ...rest } = message.hello
      const opened = open.map(({ id, claimed }) => ({ commandId: id, claimed }))
      return { host, hello: { ...rest, installed: installed.map(installedToWire), open: opened, policy: policy && { ...policy, broken: policy.broken ?? '' } } }
    }
    case 'heartbeat': {
      const { installed, ...rest } = message.heartbeat
      return { host, heartbeat: { ...rest, installed: installed.map(installedToWire) } }
    }
    case 'accepted':
      return { host, accepted: { commandId: message.id } }
    case 'grants-wanted':
      return { host, grantsWanted: { commandId: message.id, bases: message.bases.slice(0, MAX_BASES) } }
    case 'claim':
      return { host, claim: { commandId: message.id, installed: message.installed && installedToWire(message.installed) } }
    case 'progress': {
      const { id, step, bytesDone, bytesTotal, transfer } = message.progress
      return { host, progress: { commandId: id, step: stepToWire(step), bytesDone, bytesTotal, transfer } }
    }
    case 'output': {
      const { id, step, tail, totalBytes } = message.output
      return { host, output: { commandId: id, step: stepToWire(step), tail, totalBytes } }
    }
    case 'result':
      return { host, result: resultToWire(message.result) }
    case 'output-part':
      return { host, outputPart: message.part }
    case 'inspected': {
      const { ask, service, findings } = message.inspected
      return { host, inspected: { ask, service, findings: findingsToWire(findings) } }
    }
    default:
      return message satisfies never
  }
}

export function readAgentFrame(frame: AgentFrame__Output): AgentMessage | null {
  if (frame.hello) return { kind: 'hello', hello: readHello(frame.hello) }
  if (frame.heartbeat) {
    const { load1, memoryFreeBytes, diskFreeBytes, runningCommands, installed } = frame.heartbeat
    const load = { load1: finite(load1), memoryFreeBytes, diskFreeBytes, runningCommands }
    return { kind: 'heartbeat', heartbeat: { ...load, installed: installed.map(installedFromWire) } }
  }
  if (frame.accepted) return { kind: 'accepted', id: frame.accepted.commandId }
  if (frame.grantsWanted) return { kind: 'grants-wanted', id: frame.grantsWanted.commandId, bases: frame.grantsWanted.bases.slice(0, MAX_BASES) }
  if (frame.claim) {
    const { commandId, installed } = frame.claim
    return { kind: 'claim', id: commandId, installed: installed && installedFromWire(installed) }
  }
  if (frame.progress) {
    const { commandId, step, bytesDone, bytesTotal, transfer } = frame.progress
    return { kind: 'progress', progress: { id: commandId, step: stepFromWire(step), bytesDone, bytesTotal, transfer } }
  }
  if (frame.output) {
    const { commandId, step, tail, totalBytes } = frame.output
    return { kind: 'output', output: { id: commandId, step: stepFromWire(step), tail, totalBytes } }
  }
  if (frame.result) return { kind: 'result', result: resultFromWire(frame.result) }
  if (frame.outputPart) {
    const { ask, bytes, totalBytes, found } = frame.outputPart
    return { kind: 'output-part', part: { ask, bytes, totalBytes, found } }
  }
  if (frame.inspected) {
    const { ask, service, findings } = frame.inspected
    return { kind: 'inspected', inspected: { ask, service, findings: findingsFromWire(findings) } }
  }
  return null
}

export function coordinatorFrame(host: HostName, message: CoordinatorMessage): CoordinatorFrame {
  switch (message.kind) {
    case 'welcome': {
      const { epoch, heartbeatMs, trust } = message
      return { host, welcome: { epoch, heartbeatMs, trust } }
    }
    case 'trust':
      return { host, trust: message.trust }
    case 'order':
      return { host, order: message.order }
    case 'artifact-grants':
      return { host, artifactGrants: grantsToWire(message) }
    case 'grant':
      return { host, grant: { commandId: message.id, epoch: message.epoch } }
    case 'withdraw':
      return { host, withdraw: { commandId: message.id } }
    case 'result-ack':
      return { host, resultAck: { commandId: message.id } }
    case 'kill':
      return { host, kill: { commandId: message.id, reason: message.reason } }
    case 'read-output': {
      const { ask, id, step, offset, limitBytes } = message
      return { host, readOutput: { ask, commandId: id, step: stepToWire(step), offset, limitBytes } }
    }
    case 'inspect':
      return { host, inspect: { ask: message.ask, service: message.service } }
    case 'refusal':
      return { host, refusal: { code: message.code, message: message.message } }
    default:
      return message satisfies never
  }
}

export function readCoordinatorFrame(frame: CoordinatorFrame__Output): CoordinatorMessage | null {
  if (frame.welcome) {
    const { epoch, heartbeatMs, trust } = frame.welcome
    return { kind: 'welcome', epoch, heartbeatMs, trust: readTrust(trust) }
  }
  if (frame.trust) return { kind: 'trust', trust: readTrust(frame.trust) }
  if (frame.order) {
    const { order, signature, keyId } = frame.order
    return { kind: 'order', order: { order, signature, keyId } }
  }
  if (frame.artifactGrants) return { kind: 'artifact-grants', ...grantsFromWire(frame.artifactGrants) }
  if (frame.grant) return { kind: 'grant', id: frame.grant.commandId, epoch: frame.grant.epoch }
  if (frame.withdraw) return { kind: 'withdraw', id: frame.withdraw.commandId }
  if (frame.resultAck) return { kind: 'result-ack', id: frame.resultAck.commandId }
  if (frame.kill) return { kind: 'kill', id: frame.kill.commandId, reason: frame.kill.reason }
  if (frame.readOutput) {
    const { ask, commandId, step, offset, limitBytes } = frame.readOutput
    return { kind: 'read-output', ask, id: commandId, step: stepFromWire(step), offset, limitBytes }
  }
  if (frame.inspect) return { kind: 'inspect', ask: frame.inspect.ask, service: frame.inspect.service }
  if (frame.refusal) return { kind: 'refusal', code: frame.refusal.code, message: frame.refusal.message }
  return null
}

/** Whoever says nothing of it trusts nobody. */
function readTrust(trust: Trust__Output | null): Trust {
  return { authorities: trust?.authorities ?? [], signers: trust?.signers ?? [] }
}

function readHello({ agentVersion, labels, facts, installed, open, policy }: Hello__Output): Hello {
  return {
    agentVersion,
    labels,
    facts: facts ?? { os: '', arch: '', cpus: 0, memoryBytes: 0, bootId: '' },
    installed: installed.map(installedFromWire),
    open: open.map(({ commandId, claimed }) => ({ id: commandId, claimed })),
    policy: policy && { ...policy, broken: policy.broken || null },
  }
}

/** JSON has no other numbers, and one host that says NaN must not keep people from being shown all the others. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0
}
