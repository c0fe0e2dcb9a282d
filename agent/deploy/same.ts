/** Whether two commands of one id ask for the same. A Redis that has failed over may give an id a second time, to something else. Pure. */
import type { Action, Command } from '../../shared/command.ts'

export function asksTheSame({ action: one, service }: Command, { action: other, service: otherService }: Command): boolean {
  return service === otherService && JSON.stringify(essence(one)) === JSON.stringify(essence(other))
}

/** What is to be done, without how: a version's name or a timeout may be said anew. */
function essence(action: Action): unknown[] {
  switch (action.kind) {
    case 'deploy':
      return [action.kind, action.goal.revision]
    case 'remove':
      return [action.kind]
    case 'script':
      return [action.kind, action.goal.revision, action.script, action.undo]
    case 'prefetch':
      return [action.kind, action.goal.revision]
    case 'exec':
      return [action.kind, action.command]
    default:
      return action satisfies never
  }
}
