/** Assignments say what a host should run. Where the outcome is known, that is what it does run; else it would be put right behind everybody's back. */
import type { Task } from '../../../coordinator/rollout/state.ts'
import { insist } from '../law.ts'
import type { Law } from '../law.ts'
import type { World } from '../world.ts'

export function assignmentsLaw(): Law {
  /** Hosts that could not be put back; what runs there is not known before the next attempt touches them or finds it out. */
  const astray = new Set<string>()
  return {
    afterStep({ event, before, after: { task } }) {
      if (task === null || task === before.task) return
      if (task.state === 'claimed' || task.state === 'succeeded') astray.delete(task.host)
      if (event.type === 'TaskFailed' && event.revert === 'failed') astray.add(task.host)
    },
    atEnd(world) {
      for (const host of world.hosts.values()) {
        const row = world.engine.rows.get(host.name)!
        if (!isKnown(row) || astray.has(host.name) || hasGivenUp(world, row)) continue
        const assigned = world.assigned.get(host.name)
        insist(host.installed === assigned, () => `${host.name} (${row.direction} ${row.state}) runs ${host.installed} and is assigned ${assigned}`)
      }
    },
  }
}

/** Succeeded, or failed. */
function isKnown({ state }: Task): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'timed-out'
}

/** Where a person gave up an attempt, two of them may have worked on the host at once. */
function hasGivenUp(world: World, { host, attempt }: Task): boolean {
  return Array.from({ length: attempt }, (_, index) => index + 1).some((number) => world.givenUp.has(`${host}/${number}`))
}
