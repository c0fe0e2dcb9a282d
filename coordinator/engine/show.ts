/**
 * Shows the machine what it wants: one batch of rows, or a host that may run a script. Where limits over all rollouts apply, a host in line is
 * shown only once its place under them is reserved; while none can be, hosts go on preparing.
 */
import type { HostName } from '../../shared/ids.ts'
import type { EngineEvent, Presence } from '../rollout/event.ts'
import type { Rollout, Task } from '../rollout/state.ts'
import { queuesOf } from '../rollout/tally.ts'
import { MAX_SHOWN, want } from '../rollout/want.ts'
import type { Want, WantRows, WantScript } from '../rollout/want.ts'
import { reserve } from './limits.ts'
import type { Ports } from './ports/ports.ts'
import { hostFor } from './scripts.ts'
import type { Transaction } from './transaction.ts'

export async function show(ports: Ports, transaction: Transaction, now: number): Promise<void> {
  const wanted = want(transaction.rollout)
  if (wanted === null) return
  if (wanted.as === 'SlotOffered' && transaction.rollout.limited) {
    const granted = await showReserved(ports, transaction, wanted, now)
    const others = granted ? null : want(transaction.rollout, { slots: false })
    if (others !== null) await showWanted(ports, transaction, others, now)
    return
  }
  await showWanted(ports, transaction, wanted, now)
}

function showWanted(ports: Ports, transaction: Transaction, wanted: Want, now: number): Promise<void> {
  return wanted.as === 'ScriptOffered' ? showScript(ports, transaction, wanted, now) : showRows(ports, transaction, wanted, now)
}

/** Where no host for it is here, every round looks again: one that has returned wakes the rollout, and so does the sweep. */
async function showScript(ports: Ports, transaction: Transaction, { script: place }: WantScript, now: number): Promise<void> {
  const { rollout } = transaction
  const script = rollout.scripts[place]
  if (script !== undefined) transaction.apply({ type: 'ScriptOffered', on: await hostFor(ports, rollout, script, now) }, now)
}

async function showRows(ports: Ports, transaction: Transaction, wanted: WantRows, now: number): Promise<void> {
  const { rollout } = transaction
  const rows = (await headOf(ports, transaction, wanted, wanted.limit)).map(({ host }) => host)
  const { as } = wanted
  const eventOf = await eventsFor(ports, rollout, as, rows, now)
  for (const host of rows) transaction.apply(eventOf(host), now)
  if (rows.length > 0 && !transaction.hasChanged) ports.log.error({ rollout: rollout.id, wanted }, 'the machine wants rows that it does not use')
}

/** Those of the queue's head that are still in it after this round's events. */
async function headOf(ports: Ports, transaction: Transaction, wanted: WantRows, limit: number): Promise<Task[]> {
  const head = await ports.rollouts.head(transaction.rollout.id, wanted.queue, limit, wanted.places)
  transaction.learn(head)
  return head.flatMap(({ host }) => {
    const task = transaction.task(host)
    return task !== null && wanted.queue in queuesOf(task) ? [task] : []
  })
}

/** @returns whether any slot was offered */
async function showReserved(ports: Ports, transaction: Transaction, wanted: WantRows, now: number): Promise<boolean> {
  const inLine = (await headOf(ports, transaction, wanted, MAX_SHOWN)).map(({ host }) => host)
  const { reserved, limit } = await reserve(ports, transaction.rollout, inLine, wanted.limit)
  for (const host of reserved) transaction.apply({ type: 'SlotOffered', host }, now)
  transaction.apply({ type: 'LimitMet', limit: reserved.length === 0 && inLine.length > 0 ? limit : null }, now)
  return reserved.length > 0
}

type Offer = (host: HostName) => EngineEvent

async function eventsFor(ports: Ports, rollout: Rollout, as: WantRows['as'], hosts: readonly HostName[], now: number): Promise<Offer> {
  if (as === 'HostOffered') return offering(ports, rollout, hosts, now)
  if (as !== 'PrefetchOffered') return (host) => ({ type: as, host })
  const connected = await ports.hosts.connected(hosts, now)
  return (host) => ({ type: as, host, presence: connected.has(host) ? 'connected' : 'away' })
}

async function offering(ports: Ports, { service, strategy }: Rollout, hosts: readonly HostName[], now: number): Promise<Offer> {
  const connected = await ports.hosts.connected(hosts, now)
  // Who is here when it is sent may be away before it claims, and its assignment then goes ahead of it.
  const adopts = strategy.offline === 'catch-up'
  const assigned = await ports.assignments.of(service, adopts ? hosts : hosts.filter((host) => !connected.has(host)))
  return (host) => {
    const presence: Presence = connected.has(host) ? 'connected' : 'away'
    return { type: 'HostOffered', host, presence, assigned: assigned.get(host)?.revision ?? null }
  }
}
