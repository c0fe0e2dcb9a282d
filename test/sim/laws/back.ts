/** After a rollback every host that was touched runs again what it ran before, or the rollout says that it failed. */
import { insist } from '../law.ts'
import type { Law } from '../law.ts'

export function backLaw(): Law {
  const touched = new Set<string>()
  return {
    onTouch({ name }) {
      touched.add(name)
    },
    atEnd({ engine, hosts, givenUp }) {
      if (engine.rollout.phase !== 'rolled-back') return
      const peoples = new Set([...givenUp].map((id) => id.split('/')[0]))
      for (const name of touched) {
        // Where one wave alone was put back, the hosts of the others stay as they are.
        const stays = engine.rollout.backOnly !== null && engine.rows.get(name)!.direction === 'forward'
        if (peoples.has(name) || stays) continue
        const { installed, plan } = hosts.get(name)!
        insist(installed === plan.installed, () => `${name} ran ${plan.installed}, was touched, and runs ${installed} after the rollback`)
      }
    },
  }
}
