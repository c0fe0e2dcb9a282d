/** What a host that joins a service should run: what the latest deployment that succeeded and selected such hosts has brought. */
import { parseSelector, selects } from '../../../shared/selector.ts'
import type { Selectable } from '../../../shared/selector.ts'
import type { Rollout } from '../../rollout/state.ts'
import type { Intent } from '../ports/convergence.ts'
import type { Ports } from '../ports/ports.ts'

/** To be called when a rollout has ended, any number of times. */
export async function recordIntent(ports: Ports, { id, kind, service, release, phase, direction, backOnly, generation, asked }: Rollout): Promise<void> {
  if (kind !== 'deploy' || asked === null) return
  // One wave that is put back takes back nothing of what was said for the others, and for hosts that join.
  if (direction === 'back') return backOnly === null ? ports.intents.drop(service, id) : undefined
  if (phase === 'succeeded') await ports.intents.put({ service, rollout: id, generation, release, ...asked })
}

/** @param intents the greatest generation first */
export function intentFor(intents: readonly Intent[], host: Selectable): Intent | null {
  return intents.find((intent) => speaksFor(intent, host)) ?? null
}

/** All that speak for the host, in their order. */
export function intentsFor(intents: readonly Intent[], host: Selectable): Intent[] {
  return intents.filter((intent) => speaksFor(intent, host))
}

function speaksFor({ hosts }: Intent, host: Selectable): boolean {
  return hosts === null || isSelected(hosts, host)
}

function isSelected(selector: string, host: Selectable): boolean {
  const parsed = parseSelector(selector)
  return parsed.ok && selects(parsed.selector, host)
}
