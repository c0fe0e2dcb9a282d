/** Assignments say what a host should run. Where the outcome is known, that is what it does run; else it would be put right behind everybody's back. */
import type { Task } from '../../../coordinator/rollout/state.ts'
import { insist } from '../law.ts'
import type { Law } from '../law.ts'
import { RELEASE } from '../script.ts'
import type { World } from '../world.ts'

export function assignmentsLaw(): Law {
  /** Hosts that could not be put back; what runs there is not known before the next attempt touches them or finds it out. */
  const astray = new Set<string>()
  const granted = new Set<string>()
  return {
    afterStep({ event, before, after: { task, effects, rollout } }) {
      insist(rollout.kind !== 'run' || !effects.some(({ type }) => type === 'Assign'), () => 'a command line assigns something')
      if (task === null || task === before.task) return
      if (task.state === 'claimed') granted.add(task.host)
      if (task.state === 'claimed' || task.state === 'succeeded') astray.delete(task.host)
      if (event.type === 'TaskFailed' && event.revert === 'failed') astray.add(task.host)
    },
    atEnd(world) {
      if (world.engine.rollout.kind === 'run') return
      for (const host of world.hosts.values()) {
        const row = world.engine.rows.get(host.name)!
        const assigned = world.assigned.get(host.name)
        if (!granted.has(host.name)) {
          const right = rightOf(row, host.plan.installed, world)
          insist(right.includes(assigned ?? null), () => `${host.name} (${row.direction} ${row.state}) was never granted a slot, and is assigned ${assigned}`)
        }
        if (!isKnown(row) || astray.has(host.name) || hasGivenUp(world, row)) continue
        insist(host.installed === assigned, () => `${host.name} (${row.direction} ${row.state}) runs ${host.installed} and is assigned ${assigned}`)
      }
    },
  }
}

/** What a host that was never granted a slot may be assigned: what it was, or the release if it runs that, or if it was away and is to catch up. */
function rightOf({ direction, state }: Task, before: string | null, { engine }: World): (string | null)[] {
  const catchesUp = engine.rollout.strategy.offline === 'catch-up'
  if (direction === 'back') return [before]
  switch (state) {
    case 'succeeded':
      return [RELEASE]
    case 'unreachable':
      return [catchesUp ? RELEASE : before]
    case 'waiting':
    case 'withdrawn':
      return catchesUp ? [RELEASE, before] : [before]
    default:
      return [before]
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
