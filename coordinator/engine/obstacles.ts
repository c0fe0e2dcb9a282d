/** What a start would meet right now: rollouts on its hosts, and a freeze. Reads, and changes nothing; the start itself looks again, in the service's turn. */
import { openOf, overlapsOf } from './busy.ts'
import type { Overlap } from './busy.ts'
import { openFreezeOn } from './calendar/open-freezes.ts'
import type { OpenFreeze } from './calendar/open-freezes.ts'
import type { Plan } from './planning.ts'
import type { Ports } from './ports/ports.ts'

/** `busy`: deployments that have hosts of this one; what becomes of it, the strategy's `onBusy` says. `frozen` null: no freeze stands. */
export type Obstacles = { busy: Overlap[]; frozen: OpenFreeze | null }

export async function obstaclesOf(ports: Ports, { entry, hosts }: Pick<Plan, 'entry' | 'hosts'>): Promise<Obstacles> {
  const { service } = entry.spec
  const deployments = (await openOf(ports, service)).filter(({ kind }) => kind === 'deploy')
  const busy = await overlapsOf(ports, deployments, hosts.map(({ host }) => host))
  return { busy, frozen: await openFreezeOn(ports, service, hosts) }
}
