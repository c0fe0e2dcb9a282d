/** Begins a rollout: plan, lock the service, create, enqueue. A crash anywhere in between leaves either nothing or a rollout that the sweep takes up. */
import { problem } from '../../shared/errors.ts'
import { rolloutId } from '../../shared/ids.ts'
import { newRollout } from '../rollout/plan.ts'
import type { Order } from '../rollout/plan.ts'
import type { Rollout } from '../rollout/state.ts'
import { rolloutChange } from './changes.ts'
import { plan } from './planning.ts'
import type { Request } from './planning.ts'
import type { Ports } from './ports/ports.ts'

/** @throws MusterError as `plan` does, and service_busy when another rollout of the service has not ended */
export async function start(ports: Ports, request: Request, by: { actor: string; reason: string | null }): Promise<Rollout> {
  const { entry, release, revision, records, strategy, hosts } = await plan(ports, request)
  const { service } = entry.spec
  const busy = await ports.catalogue.lockedBy(service)
  if (busy !== null) throw serviceBusy(service, busy)
  const id = rolloutId(service, await ports.rollouts.nextSequence(service))
  const holder = await ports.catalogue.lock(service, id)
  if (holder !== id) throw serviceBusy(service, holder)

  await ports.catalogue.putRevisions(records)
  const now = ports.clock()
  const order: Order = {
    id, service, release: release.version, revision, ...by, strategy, hosts: hosts.map((host) => ({ host: host.host, revision: host.revision })),
    run: null, waitsFor: [], limited: false, freezeOverriddenBy: null,
  }
  const { rollout, tasks } = newRollout(order, now)
  await ports.rollouts.create(rollout, tasks, [rolloutChange(rollout, null, now)])
  await ports.catalogue.confirmLock(service, id)
  await ports.wakeups.enqueue(id)
  return rollout
}

function serviceBusy(service: string, holder: string) {
  return problem('service_busy', `${service} is being deployed by ${holder}`, {
    field: 'service', expected: `that ${holder} ends first: muster rollout show ${holder}`,
  })
}
