/** The window is a promise: never more hosts at once than it allows, counted both from the rows and from what the hosts really do. */
import type { Rollout } from '../../../coordinator/rollout/state.ts'
import { insist } from '../law.ts'
import type { Law } from '../law.ts'
import type { World } from '../world.ts'

const HOLDING = new Set(['claimed', 'running', 'unknown'])

export function windowLaw(): Law {
  return {
    afterStep({ after }, { engine }) {
      const holding = [...engine.rows.values()].filter((row) => HOLDING.has(row.state)).length
      const window = windowAt(after.rollout)
      insist(holding <= window, () => `${holding} rows hold a slot of a window of ${window}`)
    },
    onTouch(host, attempt, world) {
      const row = world.engine.rows.get(host.name)!
      const counted = row.attempt === attempt && HOLDING.has(row.state)
      insist(counted || world.givenUp.has(`${host.name}/${attempt}`), () => `${host.name} touches what runs in attempt ${attempt} while its row is ${row.state}`)
      const window = windowAt(world.engine.rollout)
      const touching = hostsTouching(world)
      insist(touching <= window, () => `${touching} hosts are being touched at once, with a window of ${window}`)
    },
  }
}

function hostsTouching(world: World): number {
  return [...world.hosts.values()].filter((host) => host.acting !== null && !world.givenUp.has(`${host.name}/${host.acting}`)).length
}

/** As the strategy's words say it: the concurrency, or else the wave; going back, the largest wave that has begun. */
function windowAt({ strategy, direction, waves, wave }: Rollout): number {
  const sizes = waves.map(({ size }) => size)
  return strategy.concurrency ?? (direction === 'forward' ? sizes[wave]! : Math.max(...sizes.slice(0, wave + 1)))
}
