/** Messages ↔ frames, for both ends of a session. Reading answers null for a body that this version does not know, and never throws. */
import type { AgentFrame, AgentFrame__Output } from '../proto/gen/muster/v1/AgentFrame.ts'
import type { CoordinatorFrame, CoordinatorFrame__Output } from '../proto/gen/muster/v1/CoordinatorFrame.ts'
import type { Hello__Output } from '../proto/gen/muster/v1/Hello.ts'
import type { HostName } from './ids.ts'
import type { AgentMessage, CoordinatorMessage, Hello, UnreadableCommand } from './message.ts'
import { commandFromWire, commandToWire, installedFromWire, resultFromWire, resultToWire } from './wire-command.ts'
import { stepFromWire, stepToWire } from './wire-enums.ts'

export function agentFrame(host: HostName, message: AgentMessage): AgentFrame {
  switch (message.kind) {
    case 'hello':
      return { host, hello: { ...message.hello, open: message.hello.open.map(({ id, claimed }) => ({ commandId: id, claimed })) } }
    case 'heartbeat':
      return { host, heartbeat: message.heartbeat }
    case 'accepted':
      return { host, accepted: { commandId: message.id } }
    case 'claim':
      return { host, claim: { commandId: message.id, installed: message.installed } }
    case 'progress': {
      const { id, step, bytesDone, bytesTotal } = message.progress
      return { host, progress: { commandId: id, step: stepToWire(step), bytesDone, bytesTotal } }
    }
    case 'output': {
      const { id, step, tail, totalBytes } = message.output
      return { host, output: { commandId: id, step: stepToWire(step), tail, totalBytes } }
    }
    case 'result':
      return { host, result: resultToWire(message.result) }
    default:
      return message satisfies never
  }
}

export function readAgentFrame(frame: AgentFrame__Output): AgentMessage | null {
  if (frame.hello) return { kind: 'hello', hello: readHello(frame.hello) }
  if (frame.heartbeat) {
    const { load1, memoryFreeBytes, diskFreeBytes, runningCommands, installed } = frame.heartbeat
    return { kind: 'heartbeat', heartbeat: { load1, memoryFreeBytes, diskFreeBytes, runningCommands, installed: installed.map(installedFromWire) } }
  }
  if (frame.accepted) return { kind: 'accepted', id: frame.accepted.commandId }
  if (frame.claim) {
    const { commandId, installed } = frame.claim
    return { kind: 'claim', id: commandId, installed: installed && installedFromWire(installed) }
  }
  if (frame.progress) {
    const { commandId, step, bytesDone, bytesTotal } = frame.progress
    return { kind: 'progress', progress: { id: commandId, step: stepFromWire(step), bytesDone, bytesTotal } }
  }
  if (frame.output) {
    const { commandId, step, tail, totalBytes } = frame.output
    return { kind: 'output', output: { id: commandId, step: stepFromWire(step), tail, totalBytes } }
  }
  if (frame.result) return { kind: 'result', result: resultFromWire(frame.result) }
  return null
}

export function coordinatorFrame(host: HostName, message: CoordinatorMessage): CoordinatorFrame {
  switch (message.kind) {
    case 'welcome': {
      const { epoch, artifactUrl, heartbeatMs } = message
      return { host, welcome: { epoch, artifactUrl, heartbeatMs } }
    }
    case 'command':
      return { host, command: commandToWire(message.command) }
    case 'grant':
      return { host, grant: { commandId: message.id, epoch: message.epoch } }
    case 'withdraw':
      return { host, withdraw: { commandId: message.id } }
    case 'result-ack':
      return { host, resultAck: { commandId: message.id } }
    case 'refusal':
      return { host, refusal: { code: message.code, message: message.message } }
    default:
      return message satisfies never
  }
}

export function readCoordinatorFrame(frame: CoordinatorFrame__Output): CoordinatorMessage | UnreadableCommand | null {
  if (frame.welcome) {
    const { epoch, artifactUrl, heartbeatMs } = frame.welcome
    return { kind: 'welcome', epoch, artifactUrl, heartbeatMs }
  }
  if (frame.command) {
    const command = commandFromWire(frame.command)
    return command ? { kind: 'command', command } : { kind: 'unreadable-command', id: frame.command.commandId }
  }
  if (frame.grant) return { kind: 'grant', id: frame.grant.commandId, epoch: frame.grant.epoch }
  if (frame.withdraw) return { kind: 'withdraw', id: frame.withdraw.commandId }
  if (frame.resultAck) return { kind: 'result-ack', id: frame.resultAck.commandId }
  if (frame.refusal) return { kind: 'refusal', code: frame.refusal.code, message: frame.refusal.message }
  return null
}

function readHello({ agentVersion, labels, facts, installed, open }: Hello__Output): Hello {
  return {
    agentVersion,
    labels,
    facts: facts ?? { os: '', arch: '', cpus: 0, memoryBytes: 0, bootId: '' },
    installed: installed.map(installedFromWire),
    open: open.map(({ commandId, claimed }) => ({ id: commandId, claimed })),
  }
}
