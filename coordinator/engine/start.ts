/**
 * Begins a rollout: plan, make way for it, create, enqueue. A crash anywhere in between leaves either nothing or a rollout that the sweep takes up;
 * the service's turn keeps two from beginning on the same hosts at once.
 */
import { rolloutId, sequenceOf } from '../../shared/ids.ts'
import type { RolloutId } from '../../shared/ids.ts'
import { newRollout } from '../rollout/plan.ts'
import type { Order } from '../rollout/plan.ts'
import type { Rollout } from '../rollout/state.ts'
import { makeWay, openOf, overlapsOf } from './busy.ts'
import type { Way } from './busy.ts'
import { rolloutChange } from './changes.ts'
import { supersede } from './control.ts'
import { recordOverride, refuseFrozen, requireReason } from './calendar/open-freezes.ts'
import { plan } from './planning.ts'
import type { Plan, Request } from './planning.ts'
import type { Ports } from './ports/ports.ts'
import { sealed } from './seal.ts'
import type { Turn } from './ports/turns.ts'

/** `overrideFreeze`: begin also in a freeze; asks for a reason. */
export type By = { actor: string; reason: string | null; overrideFreeze?: boolean | undefined }

/**
 * @param reserved the id that it is to have, of the service's own numbers; it then exists or not, and never twice
 * @throws MusterError as `plan` does, frozen, and service_busy when other rollouts have hosts of this one and its strategy does not say what to do then
 */
export async function start(ports: Ports, request: Request, by: By, reserved: RolloutId | null = null): Promise<Rollout> {
  requireReason(by.overrideFreeze === true, by.reason)
  const planned = await plan(ports, request)
  const { service } = planned.entry.spec
  const overridden = await refuseFrozen(ports, service, planned.hosts, by.overrideFreeze === true)
  return ports.turns.inTurn(service, async (turn) => {
    const hosts = planned.hosts.map(({ host }) => host)
    const open = await openOf(ports, service)
    const overlaps = await overlapsOf(ports, open, hosts)
    const way = makeWay(service, planned.strategy, open, overlaps, hosts.length)
    const id = reserved ?? rolloutId(service, await ports.rollouts.nextSequence(service))
    const isCatchUp = new Set(open.filter(({ kind }) => kind === 'catch-up').map((other) => other.id))
    // It would go on beside the new one, which does not wait for it; those that it waits for are aborted once it is there.
    await supersede(ports, way.superseded.filter((other) => isCatchUp.has(other)), id)
    const order = { ...orderOf(id, planned, request, by, way), generation: await generationOf(ports, service, id) }
    const rollout = await create(ports, order, planned, turn)
    await supersede(ports, way.superseded, id)
    if (overridden !== null) await recordOverride(ports, overridden, rollout)
    return rollout
  })
}

/** Others may have come since the id was reserved. */
async function generationOf(ports: Ports, service: string, id: RolloutId): Promise<number> {
  const latest = await ports.rollouts.latest(service)
  return latest !== null && sequenceOf(latest) > sequenceOf(id) ? ports.rollouts.nextSequence(service) : sequenceOf(id)
}

/** Brings an order into being, with the revisions that its commands need. */
export async function create(ports: Ports, order: Order, { records }: Pick<Plan, 'records'>, turn: Turn): Promise<Rollout> {
  await ports.catalogue.putRevisions(records)
  const now = ports.clock()
  const { rollout, tasks } = sealed(ports.seals, newRollout(order, now))
  await turn.confirm()
  await ports.rollouts.create(rollout, tasks, [rolloutChange(rollout, null, now)])
  await ports.wakeups.enqueue(rollout.id)
  return rollout
}

function orderOf(id: string, planned: Plan, request: Request, { actor, reason, overrideFreeze }: By, { waitsFor }: Way): Order {
  const { entry, release, revision, strategy, hosts } = planned
  const { service, limits } = entry.spec
  return {
    id, service, release: release.version, revision, actor, reason, strategy, waitsFor, limited: limits.length > 0,
    hosts: hosts.map((host) => ({ host: host.host, revision: host.revision })),
    freezeOverriddenBy: overrideFreeze === true ? actor : null,
    asked: { hosts: request.hosts ?? null, entry: entry.entry },
  }
}
