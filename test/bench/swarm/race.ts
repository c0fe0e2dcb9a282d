/** One contestant over one course, timed from the word go to the last host that has verified the file; and what it cost the origin and the processors. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from '../../lab/lab.ts'
import { watchLoad } from '../../lab/load.ts'
import type { Contestant, Course } from './system.ts'

/** By then everybody has announced itself, and most have begun to serve. */
const DEAD_AFTER_MS = 1000

/** `late` come after `lateAfterMs`; `dead` fall silent soon after the beginning; for those and for `ignored` nobody waits. */
export type Incidents = { dead: readonly Host[]; late: readonly Host[]; lateAfterMs: number; ignored: readonly Host[] }

/** `seconds`: by host, from the beginning. `payloadBytes`: see Contestant. `load`: see watchLoad. */
export type Outcome = { seconds: ReadonlyMap<Host, number>; originWireBytes: number; payloadBytes: number | null; load: number }

/** @throws Error when a host does not get it, or not within `withinMs` */
export async function race(contestant: Contestant, { origin, hosts }: Course, { dead, late, lateAfterMs, ignored }: Incidents, withinMs: number): Promise<Outcome> {
  const seconds = new Map<Host, number>()
  const payloadBefore = await contestant.payloadBytes()
  const wireBefore = origin.sentBytes()
  const load = watchLoad()
  const began = performance.now()
  const run = async (those: readonly Host[]): Promise<void> => {
    contestant.begin(those)
    await Promise.all(those.filter((host) => !dead.includes(host) && !ignored.includes(host)).map(async (host) => {
      await contestant.done(host)
      seconds.set(host, (performance.now() - began) / 1000)
    }))
  }
  const later = async (afterMs: number, act: () => void | Promise<void>): Promise<void> => {
    await sleep(afterMs)
    await act()
  }
  const all = [run(hosts.filter((host) => !late.includes(host)))]
  if (late.length > 0) all.push(later(lateAfterMs, () => run(late)))
  if (dead.length > 0) all.push(later(DEAD_AFTER_MS, () => dead.forEach((host) => host.cutOff())))
  await within(withinMs, Promise.all(all))
  const payload = await contestant.payloadBytes()
  const payloadBytes = payload === null || payloadBefore === null ? null : payload - payloadBefore
  return { seconds, originWireBytes: origin.sentBytes() - wireBefore, payloadBytes, load: load() }
}

async function within(ms: number, what: Promise<unknown>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`not within ${ms / 1000} s`)), ms)
  await Promise.race([what, promise]).finally(() => clearTimeout(timer))
}
