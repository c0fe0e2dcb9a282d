/**
 * Drives one rollout as far as it goes: load, step what has arrived and what is due, show the machine the rows that it wants, save all of it
 * in one compare-and-set, perform what the save promised, again until nothing moves. Safe to run twice at once: one of the saves is refused.
 */
import type { HostName, RolloutId } from '../../shared/ids.ts'
import { hasEnded } from '../../shared/states.ts'
import { hostOf } from '../rollout/event.ts'
import type { AgentEvent } from '../rollout/event.ts'
import { dueAtMs } from '../rollout/progress.ts'
import { MAX_SHOWN } from '../rollout/want.ts'
import { freezeFor } from './calendar/open-freezes.ts'
import { performAll } from './perform.ts'
import type { Ports } from './ports/ports.ts'
import type { Loaded } from './ports/rollouts.ts'
import { show } from './show.ts'
import { Transaction } from './transaction.ts'

/** Rounds of one call; what is left then goes back to the end of the queue, so that no rollout starves the others. */
export const MAX_ROUNDS = 50

export async function drive(ports: Ports, id: RolloutId): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const loaded = await ports.rollouts.load(id)
    if (loaded === null) return
    await performAll(ports, loaded.rollout, loaded.outbox)
    if ((await turn(ports, loaded)) === 'still') return setTimer(ports, id, dueAtMs(loaded.rollout))
  }
  await ports.wakeups.wake(id)
}

/** One round. `still`: nothing moved, and nothing will before an event or a timer. */
async function turn(ports: Ports, loaded: Loaded): Promise<'moved' | 'still'> {
  const { rollout, version, inbox } = loaded
  const now = ports.clock()
  const due = await ports.rollouts.due(rollout.id, now, MAX_SHOWN)
  const reporting = [...new Set(inbox.map(hostOf).filter((host) => host !== null))]
  const transaction = new Transaction(rollout, await ports.rollouts.tasks(rollout.id, reporting))
  transaction.learn(due)

  if (rollout.phase === 'queued') {
    transaction.apply({ type: 'WaitEnded', rollouts: await endedOf(ports, rollout.waitsFor) }, now)
    transaction.apply({ type: 'RolloutStarted' }, now)
  }
  for (const event of await believable(ports, inbox, now)) transaction.apply(event, now)
  for (const { host } of due) transaction.apply({ type: 'TaskTimePassed', host }, now)
  const timer = dueAtMs(transaction.rollout)
  if (timer !== null && timer <= now) transaction.apply({ type: 'TimePassed' }, now)
  await freeze(ports, transaction, now)
  await show(ports, transaction, now)

  if (!transaction.hasChanged && inbox.length === 0) return 'still'
  const { effects, changes, tasks } = transaction
  const saved = await ports.rollouts.save(rollout.id, { rollout: transaction.rollout, version, tasks, consumed: inbox.length, effects, changes })
  if (saved.outcome === 'saved') await performAll(ports, transaction.rollout, saved.outbox)
  return 'moved'
}

/** Before anything is shown: a rollout that begins, or goes on, in a freeze begins nothing. */
async function freeze(ports: Ports, transaction: Transaction, now: number): Promise<void> {
  const { phase, hold } = transaction.rollout
  if (phase !== 'running' && hold?.kind !== 'freeze') return
  const frozen = await freezeFor(ports, transaction.rollout, now)
  transaction.apply(frozen === null ? { type: 'FreezeEnded' } : { type: 'FreezeBegan', ...frozen }, now)
}

/** A host that is here now is not lost, whenever that was said. */
async function believable(ports: Ports, inbox: readonly AgentEvent[], now: number): Promise<AgentEvent[]> {
  const lost = inbox.filter((event) => event.type === 'HostLost').map((event) => event.host)
  const here = lost.length === 0 ? new Set<HostName>() : await ports.hosts.connected(lost, now)
  return inbox.filter((event) => event.type !== 'HostLost' || !here.has(event.host))
}

async function endedOf(ports: Ports, ids: readonly RolloutId[]): Promise<RolloutId[]> {
  const loaded = await Promise.all(ids.map((id) => ports.rollouts.load(id)))
  return ids.filter((_, index) => hasEnded(loaded[index]?.rollout.phase ?? 'aborted'))
}

/** The earliest moment at which time alone moves the rollout or one of its rows. */
async function setTimer(ports: Ports, id: RolloutId, ofRollout: number | null): Promise<void> {
  const ofRows = await ports.rollouts.nextDueAtMs(id)
  const times = [ofRollout, ofRows].filter((time) => time !== null)
  await ports.wakeups.wakeAt(id, times.length === 0 ? null : Math.min(...times))
}
