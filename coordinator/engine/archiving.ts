/** Ended rollouts leave the hot keys after a while, and the archive in the end: what is kept has a bound, however many services and years there are. */
import { RUN } from '../../shared/service.ts'
import { hasEnded } from '../../shared/states.ts'
import type { Ports } from './ports/ports.ts'

/** An ended rollout stays as it is for so long; until then it can be retried and rolled back. */
export const ARCHIVE_AFTER_MS = 7 * 24 * 3_600_000
/** … but no more of them than this, for each service. */
export const MAX_HOT = 50
/** Archived rollouts of each service; the eldest is forgotten. */
export const MAX_ARCHIVED = 1000
/** Looking for them is no hurry; packing one of 100,000 hosts takes a second. */
export const ARCHIVE_EVERY_MS = 10 * 60_000
export const ARCHIVED_PER_SWEEP = 20

const archivedAtMs = new WeakMap<Ports, number>()

export async function archiveEnded(ports: Ports): Promise<void> {
  const now = ports.clock()
  if (now - (archivedAtMs.get(ports) ?? -Infinity) < ARCHIVE_EVERY_MS) return
  archivedAtMs.set(ports, now)
  const services = (await ports.catalogue.services()).map(({ spec }) => spec.service)
  let left = ARCHIVED_PER_SWEEP
  for (const service of [...services, RUN]) {
    if (left > 0) left -= await archiveOf(ports, service, left, now)
    const archived = await ports.rollouts.archived(service)
    for (const id of archived.slice(0, Math.max(0, archived.length - MAX_ARCHIVED))) await ports.rollouts.forget(id, service)
  }
  // There may be more: the next sweep goes on.
  if (left === 0) archivedAtMs.delete(ports)
}

/** The eldest first. @returns how many */
async function archiveOf(ports: Ports, service: string, atMost: number, now: number): Promise<number> {
  const hot = await ports.rollouts.hot(service)
  let archived = 0
  for (const [place, id] of hot.entries()) {
    if (archived === atMost) break
    const rollout = (await ports.rollouts.load(id))?.rollout
    if (rollout !== undefined && !hasEnded(rollout.phase)) continue
    const isOver = hot.length - place > MAX_HOT
    if (!isOver && now - (rollout?.endedAtMs ?? 0) < ARCHIVE_AFTER_MS) break
    if (await ports.rollouts.archive(id, service)) archived++
  }
  return archived
}
