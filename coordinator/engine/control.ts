/** The hand on the brake reaches the machine here: one control, one compare-and-set, one clear answer, from any number of clients at once. */
import { problem } from '../../shared/errors.ts'
import type { RolloutId } from '../../shared/ids.ts'
import { hasEnded } from '../../shared/states.ts'
import type { ControlEvent } from '../rollout/event.ts'
import { hostOf } from '../rollout/event.ts'
import type { Rollout } from '../rollout/state.ts'
import type { Ports } from './ports/ports.ts'
import type { Loaded } from './ports/rollouts.ts'
import { Transaction } from './transaction.ts'

/** Saves that may be refused in a row because reports come in between. */
export const MAX_CONFLICTS = 100

/**
 * Applies all of `events`, or none.
 * @returns the rollout as it is afterwards
 * @throws MusterError rollout_unknown, host_unknown, control_refused (the message says why), unavailable
 */
export async function control(ports: Ports, id: RolloutId, events: readonly ControlEvent[]): Promise<Rollout> {
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
    const loaded = await ports.rollouts.load(id)
    if (loaded === null) throw problem('rollout_unknown', `there is no rollout ${id}`, { field: 'id', expected: 'an id that `muster rollout list` shows' })
    const rollout = await tryControl(ports, loaded, events)
    if (rollout === null) continue
    await ports.wakeups.wake(id)
    return rollout
  }
  throw problem('unavailable', `${id} is too busy to take a control right now; try again`)
}

/** Null: somebody saved in between. */
async function tryControl(ports: Ports, loaded: Loaded, events: readonly ControlEvent[]): Promise<Rollout | null> {
  const { rollout, version } = loaded
  const hosts = events.map(hostOf).filter((host) => host !== null)
  const transaction = new Transaction(rollout, await ports.rollouts.tasks(rollout.id, hosts))
  for (const host of hosts) {
    if (transaction.task(host) === null) throw problem('host_unknown', `${host} is not in ${rollout.id}`, { field: 'host', expected: 'a host of this rollout' })
  }
  for (const event of events) {
    const refused = transaction.apply(event, ports.clock())
    if (refused !== null) throw problem('control_refused', refused)
  }
  if (hasEnded(rollout.phase) && !hasEnded(transaction.rollout.phase)) await reopen(ports, rollout)
  const { effects, changes, tasks } = transaction
  const saved = await ports.rollouts.save(rollout.id, { rollout: transaction.rollout, version, tasks, consumed: 0, effects, changes })
  return saved.outcome === 'saved' ? transaction.rollout : null
}

/** An ended rollout may move again only while nothing newer has touched the service. */
async function reopen(ports: Ports, { id, service }: Rollout): Promise<void> {
  const latest = await ports.rollouts.latest(service)
  if (latest !== id) throw problem('control_refused', `${latest} came after ${id}; roll that one back, or start a new rollout of the version you want`)
  const holder = await ports.catalogue.lock(service, id)
  if (holder !== id) throw problem('service_busy', `${service} is being deployed by ${holder}`, { expected: `that ${holder} ends first` })
  await ports.catalogue.confirmLock(service, id)
}
