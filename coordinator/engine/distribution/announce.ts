/** Keeps this coordinator's own piece port known, so that relays and hosts learn of all coordinators from each of them. */
import type { Logger } from 'pino'
import type { CoordinatorRecord, Relays } from '../ports/relays.ts'

/** Three times within what makes one count as silent. */
export const ANNOUNCE_EVERY_MS = 8000

type Announcing = { relays: Pick<Relays, 'announce' | 'leave'>; own: Omit<CoordinatorRecord, 'seenAtMs'>; clock: () => number; log: Logger }

/** Resolves once it has tried. What fails is tried again, and keeps nobody from fetching: who asks here is told of this port anyway. */
export async function announceOwn({ relays, own, clock, log }: Announcing): Promise<{ close: () => Promise<void> }> {
  const say = (): Promise<void> => relays.announce({ ...own, seenAtMs: clock() })
    .catch((error: unknown) => log.debug({ err: error }, 'the piece port cannot be announced; it is tried again'))
  const timer = setInterval(() => void say(), ANNOUNCE_EVERY_MS)
  await say()
  return {
    async close() {
      clearInterval(timer)
      await relays.leave(own.name).catch((error: unknown) => log.debug({ err: error }, 'the piece port stays announced for half a minute'))
    },
  }
}
