/** What a command wants of the host, as its owner's policy judges it. */
import type { Command, Goal } from '../../shared/command.ts'
import type { Wish } from '../../shared/policy.ts'
import { targetOf, variablesOfInstances } from './environment.ts'
import { expand } from './expand.ts'
import { goalOf } from './installation.ts'

export function wishOf(command: Command, labels: Record<string, string>): Wish {
  const { service, path, account, action } = command
  if (action.kind === 'exec') return { kind: 'run', command: action.command, account }
  const goal = goalOf(command)
  return { kind: 'service', service, path, account, commands: goal === null ? [] : linesOf(goal, labels) }
}

/** What the entry of the service has run, as it is run: for each instance, with its variables. */
function linesOf({ run, check, ...goal }: Goal, labels: Record<string, string>): string[] {
  const lines = [run, check?.probe.kind === 'exec' ? targetOf(check) : null].filter((line) => line !== null)
  return variablesOfInstances({ run, check, ...goal }).flatMap((variables) => lines.map((line) => expand(line, { variables, labels })))
}
