/** What a host that joins a service should run: what the latest deployment that succeeded and selected such hosts has brought. */
import { parseSelector, selects } from '../../../shared/selector.ts'
import type { Selectable } from '../../../shared/selector.ts'
import type { Rollout } from '../../rollout/state.ts'
import type { Intent } from '../ports/convergence.ts'
import type { Ports } from '../ports/ports.ts'

/** To be called when a rollout has ended, any number of times. */
export async function recordIntent(ports: Ports, { id, kind, service, release, phase, direction, generation, asked }: Rollout): Promise<void> {
  if (kind !== 'deploy' || asked === null) return
  if (direction === 'back') return ports.intents.drop(service, id)
  if (phase === 'succeeded') await ports.intents.put({ service, rollout: id, generation, release, ...asked })
}

/** @param intents the greatest generation first */
export function intentFor(intents: readonly Intent[], host: Selectable): Intent | null {
  return intents.find(({ hosts }) => hosts === null || isSelected(hosts, host)) ?? null
}

function isSelected(selector: string, host: Selectable): boolean {
  const parsed = parseSelector(selector)
  return parsed.ok && selects(parsed.selector, host)
}
