/**
 * When rollouts of one service stand in each other's way: host by host. A rollout that has not ended holds all of its hosts, whatever their state,
 * because a retry or a rollback may touch any of them again. What is decided here holds only inside the service's turn.
 */
import { problem } from '../../shared/errors.ts'
import { sequenceOf, serviceOf } from '../../shared/ids.ts'
import type { HostName, RolloutId } from '../../shared/ids.ts'
import { hasEnded } from '../../shared/states.ts'
import type { Strategy } from '../../shared/strategy.ts'
import type { Rollout, Task } from '../rollout/state.ts'
import type { Ports } from './ports/ports.ts'

/** Rollouts of one service that have not ended; each new one is compared with all of them. */
export const MAX_OPEN_ROLLOUTS = 50
/** Rows, or rollouts, read at a time. */
const READ_AT_ONCE = 1000
const LISTED_AT_ONCE = 50

/** A rollout and those of the hosts that it works on. */
export type Overlap = { rollout: Rollout; hosts: HostName[] }
/** `waitsFor`: deployments that have to end first. `superseded`: rollouts that are to be aborted. */
export type Way = { waitsFor: RolloutId[]; superseded: RolloutId[] }

/** Rollouts of the service that have not ended, the eldest first. */
export async function openOf(ports: Ports, service: string): Promise<Rollout[]> {
  const ids = (await ports.rollouts.active()).filter((id) => serviceOf(id) === service).sort((a, b) => sequenceOf(a) - sequenceOf(b))
  const loaded = await Promise.all(ids.map((id) => ports.rollouts.load(id)))
  return loaded.flatMap((one) => (one !== null && !hasEnded(one.rollout.phase) ? [one.rollout] : []))
}

/** Those of `rollouts` that have rows of these hosts, such as `counts` says. */
export async function overlapsOf(
  ports: Ports, rollouts: readonly Rollout[], hosts: readonly HostName[], counts: (task: Task) => boolean = () => true,
): Promise<Overlap[]> {
  const overlaps: Overlap[] = []
  for (const rollout of rollouts) {
    const tasks = await ports.rollouts.tasks(rollout.id, hosts)
    const shared = [...tasks.values()].filter(counts).map(({ host }) => host)
    if (shared.length > 0) overlaps.push({ rollout, hosts: shared })
  }
  return overlaps
}

/**
 * What a deployment that somebody asked for does about those that work on its hosts. A catch-up never stands in the way: it is aborted, and
 * not waited for, because an agent takes one command of a service after another, and the later assignment wins.
 * @throws MusterError service_busy
 */
export function makeWay(service: string, { onBusy }: Pick<Strategy, 'onBusy'>, open: readonly Rollout[], overlaps: readonly Overlap[], hosts: number): Way {
  if (open.length >= MAX_OPEN_ROLLOUTS) {
    throw problem('service_busy', `${service} has ${open.length} rollouts that have not ended`, {
      field: 'service', expected: `fewer than ${MAX_OPEN_ROLLOUTS}; muster rollout abort ID ends one`,
    })
  }
  const catchUps = overlaps.filter(({ rollout }) => rollout.kind === 'catch-up').map(({ rollout }) => rollout.id)
  const deploys = overlaps.filter(({ rollout }) => rollout.kind === 'deploy')
  const ids = deploys.map(({ rollout }) => rollout.id)
  if (onBusy === 'refuse' && deploys[0] !== undefined) throw serviceBusy(service, deploys[0], hosts, deploys.length - 1)
  return { waitsFor: ids, superseded: onBusy === 'supersede' ? [...catchUps, ...ids] : catchUps }
}

function serviceBusy(service: string, { rollout: { id }, hosts }: Overlap, of: number, others: number) {
  const shared = of === 1 ? 'this host' : `${hosts.length === of ? 'all' : hosts.length} of these ${of} hosts`
  const more = others === 0 ? '' : `, and ${others === 1 ? 'so does 1 more' : `so do ${others} more`}`
  return problem('service_busy', `${service} is being deployed by ${id}, which has ${shared}${more}`, {
    field: 'strategy.onBusy', expected: `queue, to begin when ${id} has ended, or supersede, to abort it; muster rollout show ${id} says how it stands`,
  })
}

/**
 * What else has not ended on hosts of a rollout that is to be opened again; what it would wait for anyway left out. A deployment among them may be an
 * earlier one, opened again before.
 */
export async function besides(ports: Ports, { id, service, phase, waitsFor }: Rollout): Promise<Overlap[]> {
  const expected = phase === 'queued' ? [id, ...waitsFor] : [id]
  const others = (await openOf(ports, service)).filter((other) => !expected.includes(other.id))
  return others.length === 0 ? [] : overlapsOf(ports, others, await hostsOf(ports, id))
}

/** A later deployment that has done something on a host of this one; null: none has. */
export async function laterDeploy(ports: Ports, { id, service }: Rollout): Promise<Overlap | null> {
  const hosts = await hostsOf(ports, id)
  for await (const later of laterThan(ports, id, service)) {
    if (later.kind !== 'deploy') continue
    const [overlap] = await overlapsOf(ports, [later], hosts, hasEnded(later.phase) ? wasDone : undefined)
    if (overlap !== undefined) return overlap
  }
  return null
}

function wasDone({ touchedAtMs, state }: Task): boolean {
  return touchedAtMs !== null || state === 'succeeded'
}

/** By when they were created, the latest first: a schedule's number is given before its rollout exists, and others may come in between. */
async function* laterThan(ports: Ports, id: RolloutId, service: string): AsyncGenerator<Rollout> {
  for (let cursor: string | null = null; ; ) {
    const { rollouts, next } = await ports.rollouts.list({ service, cursor, limit: LISTED_AT_ONCE })
    for (const rollout of rollouts) {
      if (rollout.id === id) return
      yield rollout
    }
    if (next === null) return
    cursor = next
  }
}

/** Every host of the rollout, in its order. */
export async function hostsOf(ports: Ports, id: RolloutId): Promise<HostName[]> {
  const hosts: HostName[] = []
  for (let cursor: string | null = null; ; ) {
    const { tasks, next } = await ports.rollouts.page(id, { states: null, cursor, limit: READ_AT_ONCE })
    hosts.push(...tasks.map(({ host }) => host))
    if (next === null) return hosts
    cursor = next
  }
}
