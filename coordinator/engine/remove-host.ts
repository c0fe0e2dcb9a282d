/**
 * Takes a host out for good: it cannot connect from now on, in every case. Owns that it is forgotten (counts no longer: not in lists, not in plans, not as
 * away) as soon as no rollout that has not ended counts on it, and that doing it again goes on wherever it was left.
 */
import { problem } from '../../shared/errors.ts'
import type { MusterError } from '../../shared/errors.ts'
import { MACHINE_ROLES } from '../../shared/identity/names.ts'
import type { HostName, RolloutId } from '../../shared/ids.ts'
import type { Ports } from './ports/ports.ts'
import { revoke } from './revoke.ts'
import type { RevokingPorts } from './revoke.ts'

/** `revoked`: it cannot connect any more, and is remembered, as away, until these rollouts have ended. */
export type Removal = { outcome: 'removed' } | { outcome: 'revoked'; rollouts: RolloutId[] }

type RemovingPorts = Ports & Pick<RevokingPorts, 'identities'>

/** Also the relay of that name, if there is one: it is the same machine. @throws MusterError host_unknown; host_busy when it has joined anew meanwhile */
export async function removeHost(ports: RemovingPorts, host: HostName, { by, reason }: { by: string; reason: string | null }): Promise<Removal> {
  const now = ports.clock()
  let hadIdentity = false
  for (const role of MACHINE_ROLES) hadIdentity = await revoke(ports, host, { role, mark: { atMs: now, by, reason } }) || hadIdentity
  const rollouts = await rolloutsOf(ports, host)
  if (rollouts.length > 0) {
    for (const id of rollouts) await ports.rollouts.post(id, { type: 'HostLost', host })
    for (const id of rollouts) await ports.wakeups.wake(id)
    return { outcome: 'revoked', rollouts }
  }
  const outcome = await ports.hosts.remove(host)
  if (outcome === 'back') throw joinedAnew(host)
  // Also where it is not known any more: whoever removed it may have died half-way.
  await forgetWhatItRan(ports, host)
  if (outcome === 'unknown' && !hadIdentity) throw noSuchHost(host)
  await ports.history.add(host, { id: `removed/${now}`, atMs: now, kind: 'removed', by, reason })
  return { outcome: 'removed' }
}

/** Those that have not ended and have it among their hosts. */
async function rolloutsOf({ rollouts }: Ports, host: HostName): Promise<RolloutId[]> {
  const active = await rollouts.active()
  const isIn = await Promise.all(active.map(async (id) => (await rollouts.tasks(id, [host])).has(host)))
  return active.filter((_, index) => isIn[index])
}

async function forgetWhatItRan({ catalogue, assignments, tries, places, mailbox }: Ports, host: HostName): Promise<void> {
  for (const { spec: { service } } of await catalogue.services()) {
    await assignments.forget(service, host)
    await tries.forget(service, host)
    const from = (await places.taken(service)).get(host)
    if (from !== undefined) await places.free(service, host, from)
  }
  await mailbox.empty(host)
}

function joinedAnew(host: HostName): MusterError {
  return problem('host_busy', `${host} has joined anew meanwhile`, { field: 'host', expected: 'the same again, if it is to go all the same' })
}

function noSuchHost(host: HostName): MusterError {
  return problem('host_unknown', `there is no host ${host}`, { field: 'host', expected: 'a name that `muster host list` shows' })
}
