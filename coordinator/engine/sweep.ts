/** Finds what was lost: a wake-up, a timer, an abort, the end of a host. Everything that it does may be done in vain. */
import type { RolloutId } from '../../shared/ids.ts'
import type { QueueName, Rollout } from '../rollout/state.ts'
import { count } from '../rollout/tally.ts'
import { archiveEnded } from './archiving.ts'
import { converge } from './convergence/converge.ts'
import { supersede } from './control.ts'
import { sweepSchedules } from './calendar/firing.ts'
import type { Ports } from './ports/ports.ts'
import { retainReleases } from './retention.ts'

/** Unclaimed tasks, and hosts that fetch ahead, looked at per rollout and sweep; the oldest come first. */
export const MAX_LOOKED_AT = 2000

const UNCLAIMED: readonly QueueName[] = ['sent-forward', 'claim-forward', 'sent-back', 'claim-back', 'warming-forward']

export async function sweep(ports: Ports): Promise<void> {
  for (const id of await ports.rollouts.active()) await whatever(ports, id, () => sweepRollout(ports, id))
  await whatever(ports, 'schedules', () => sweepSchedules(ports))
  await whatever(ports, 'convergence', () => converge(ports))
  await whatever(ports, 'the archive', () => archiveEnded(ports))
  await whatever(ports, 'packages', () => retainReleases(ports))
}

/** Trouble with one thing keeps nothing else from being swept. */
async function whatever(ports: Ports, swept: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    ports.log.error({ swept, err: error }, 'a part of the sweep failed; the next one tries again')
  }
}

async function sweepRollout(ports: Ports, id: RolloutId): Promise<void> {
  const loaded = await ports.rollouts.load(id)
  if (loaded === null) return
  await supersedeAgain(ports, loaded.rollout)
  await reportLostHosts(ports, loaded.rollout)
  await reportReturnedHosts(ports, loaded.rollout)
  await ports.wakeups.wake(id)
}

/** One that supersedes others may have been created by a coordinator that died before it aborted them. */
async function supersedeAgain(ports: Ports, { id, phase, strategy, waitsFor }: Rollout): Promise<void> {
  if (phase === 'queued' && strategy.onBusy === 'supersede') await supersede(ports, waitsFor, id)
}

/** Hosts that show no life give back what they have not claimed. */
async function reportLostHosts(ports: Ports, rollout: Rollout): Promise<void> {
  const now = ports.clock()
  for (const queue of UNCLAIMED) {
    if (rollout.queues[queue] === 0) continue
    const hosts = (await ports.rollouts.head(rollout.id, queue, MAX_LOOKED_AT)).map((task) => task.host)
    const connected = await ports.hosts.connected(hosts, now)
    for (const host of hosts) if (!connected.has(host)) await ports.rollouts.post(rollout.id, { type: 'HostLost', host })
  }
}

/** Hosts that counted as unreachable and show life again, perhaps in the very session in which they fell silent. */
async function reportReturnedHosts(ports: Ports, rollout: Rollout): Promise<void> {
  if (count(rollout, rollout.direction, ['unreachable']) === 0) return
  const tasks = await ports.rollouts.head(rollout.id, `retry-${rollout.direction}`, MAX_LOOKED_AT)
  const hosts = tasks.filter((task) => task.state === 'unreachable').map((task) => task.host)
  for (const host of await ports.hosts.connected(hosts, ports.clock())) await ports.rollouts.post(rollout.id, { type: 'HostConnected', host })
}
