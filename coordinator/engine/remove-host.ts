/** Has a host forgotten that is gone for good, so that it counts no longer: not in lists, not in plans, not as away. */
import { problem } from '../../shared/errors.ts'
import type { HostName } from '../../shared/ids.ts'
import type { Ports } from './ports/ports.ts'

/** @throws MusterError host_unknown; host_busy while it is connected, or part of a rollout that has not ended */
export async function removeHost(ports: Ports, host: HostName, { by, reason }: { by: string; reason: string | null }): Promise<void> {
  for (const id of await ports.rollouts.active()) {
    if (!(await ports.rollouts.tasks(id, [host])).has(host)) continue
    throw problem('host_busy', `${host} is part of ${id}, which has not ended`, { field: 'host', expected: `that ${id} ends first` })
  }
  const now = ports.clock()
  const outcome = await ports.hosts.remove(host, now)
  if (outcome === 'here') {
    throw problem('host_busy', `${host} is connected, and would come again at once`, { field: 'host', expected: 'a host whose agent has been stopped' })
  }
  // Also where it is not known any more: whoever removed it may have died half-way.
  for (const { spec: { service } } of await ports.catalogue.services()) {
    await ports.assignments.forget(service, host)
    await ports.tries.forget(service, host)
    const from = (await ports.places.taken(service)).get(host)
    if (from !== undefined) await ports.places.free(service, host, from)
  }
  await ports.mailbox.empty(host)
  if (outcome === 'unknown') throw problem('host_unknown', `there is no host ${host}`, { field: 'host', expected: 'a name that `muster host list` shows' })
  await ports.history.add(host, { id: `removed/${now}`, atMs: now, kind: 'removed', by, reason })
}
