/** Which attempts wait for one another, and which for nobody. */
import type { Command } from '../../shared/command.ts'
import type { Attempt } from './attempt.ts'

/**
 * Deployments of a service wait for one another. Its scripts do so too, and not for a deployment: one that waits for its slot may wait for the
 * very script. What is fetched ahead keeps nothing up. A command line waits for nobody.
 */
export function laneOf({ id, service, action }: Command): string {
  switch (action.kind) {
    case 'deploy':
    case 'remove':
      return `deploy ${service}`
    case 'script':
      return `script ${service}`
    case 'prefetch':
      return `prefetch ${service}`
    case 'exec':
      return id
    default:
      return action satisfies never
  }
}

/** Such an attempt has only to be concluded: it waits neither for its turn nor for a place among those that work. */
export function isGivenUp({ withdrawn, killed, granted }: Attempt): boolean {
  return withdrawn || (killed !== null && !granted)
}
