/** What an earlier version of Muster has kept, on disks and in Redis, as this one means it: what it did not say means what it meant then. */
import type { Action } from './command.ts'

/** Of commands, journals, records of services, and what hosts have said that they run. @throws SyntaxError */
export function parseKept<T>(text: string): T {
  return JSON.parse(text, revived) as T
}

function revived(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isGoal(value)) return { instances: {}, release: null, ...value }
  if (isInstalled(value)) return { findings: [], ...value }
  return isFormerCommand(value) ? commandOf(value) : value
}

function isGoal(value: object): boolean {
  return 'revision' in value && 'srv' in value && 'variables' in value
}

function isInstalled(value: object): boolean {
  return 'service' in value && 'revision' in value && 'version' in value
}

/** A command was to go to a goal, or, without one, to take the service off the host. */
type FormerCommand = { goal: Extract<Action, { kind: 'deploy' }>['goal'] | null }

function isFormerCommand(value: object): value is FormerCommand {
  return 'goal' in value && 'timeoutMs' in value && !('action' in value)
}

function commandOf({ goal, ...command }: FormerCommand): { action: Action } {
  const action: Action = goal === null ? { kind: 'remove', stop: 'running' } : { kind: 'deploy', goal, stop: 'running', repair: false }
  return { ...command, action }
}
