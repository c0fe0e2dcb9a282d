/** Which attempts wait for one another, and which for nobody. */
import type { Command } from '../../shared/command.ts'
import type { Attempt } from './attempt.ts'

/**
 * Deployments of a service wait for one another. Its scripts do so too, and not for a deployment: one that waits for its slot may wait for the
 * very script. A command line waits for nobody.
 */
export function laneOf({ id, service, action }: Command): string {
  switch (action.kind) {
    case 'deploy':
    case 'remove':
      return `deploy ${service}`
    case 'script':
      return `script ${service}`
    case 'exec':
      return id
    default:
      return action satisfies never
  }
}

/** Such an attempt need not wait for its turn to be told so; one whose turn has come waits for nobody anyway. */
export function isGivenUp({ withdrawn, killed, before }: Attempt): boolean {
  return withdrawn || (killed !== null && before === null)
}
