/**
 * Makes this host known to the tracker of a swarm, and takes its neighbours from there. Goes on while it serves what it has fetched. When one tracker does
 * not answer the next one is asked, in an order that all hosts agree about.
 */
import type { Announcement, AnnouncementAnswer } from '../../shared/distribution/protocol.ts'
import { pause, rest } from '../../shared/machine/backoff.ts'
import { announce, whereIs } from '../../shared/pieces/ask.ts'
import { announceAtMs } from '../../shared/swarm/announcing.ts'
import type { DriverOptions } from './driver.ts'

const BACKOFF = { baseMs: 500, capMs: 10_000 }
/** Whether it starves is looked at so often. */
const LOOK_EVERY_MS = 250
/** A relay that hears of a swarm for the first time has to fetch its root. */
const ANSWER_WITHIN_MS = 5000
/** … and is waited for so often. */
const MAX_BUSY = 20
/** A tracker that wants to hear of nobody for longer may have been started again meanwhile. */
const MAX_SILENCE_MS = 60_000

/** How others reach this host, as it announces itself. */
export type Self = Pick<Announcement, 'port' | 'address' | 'rack'>

export type AnnouncingOptions = Pick<DriverOptions, 'swarm' | 'sources' | 'dialer' | 'leave'> & { self: Self }

/** Until `signal` is aborted; never rejects. */
export async function keepAnnouncing(options: AnnouncingOptions, signal: AbortSignal): Promise<void> {
  const { swarm } = options
  let failures = 0
  while (!signal.aborted) {
    const answer = await announceOnce(options, signal)
    if (answer === null) {
      failures += 1
      await pause(BACKOFF, failures, signal)
      continue
    }
    failures = 0
    swarm.download.mayAskRelays(answer.mayAsk)
    swarm.meet(answer.neighbours)
    await silence(options, Math.min(answer.nextMs, MAX_SILENCE_MS), signal)
  }
}

/** Null: nobody has answered. */
async function announceOnce({ swarm, sources, dialer, leave, self }: AnnouncingOptions, signal: AbortSignal): Promise<AnnouncementAnswer | null> {
  const grant = await leave.get(signal).catch(() => null)
  if (grant === null) return null
  for (const source of sources.order(swarm.root, performance.now())) {
    const announcement = { ...self, have: swarm.have, starving: swarm.download.isStarving(performance.now()) }
    const ask = () => announce(dialer, whereIs(source), swarm.root, announcement, { grant, signal, stallMs: ANSWER_WITHIN_MS })
    let answer = await ask()
    // it is about to learn of this swarm; who went elsewhere meanwhile would miss the others
    for (let again = 0; answer.kind === 'busy' && again < MAX_BUSY && !signal.aborted; again += 1) {
      await rest(answer.retryMs, signal)
      answer = await ask()
    }
    if (answer.kind === 'announced') {
      sources.answered(source.url)
      return answer.answer
    }
    if (answer.kind === 'refused') leave.drop()
    if (answer.kind === 'failed') sources.failed(source.url, performance.now())
    if (signal.aborted) return null
  }
  return null
}

/** Until it is time to be heard of again, which is sooner when nothing is to be had from the neighbours. */
async function silence({ swarm: { download } }: AnnouncingOptions, nextMs: number, signal: AbortSignal): Promise<void> {
  const answeredMs = performance.now()
  for (let nowMs = answeredMs; !signal.aborted; nowMs = performance.now()) {
    const leftMs = announceAtMs(answeredMs, nextMs, !download.isDone && download.isStarving(nowMs)) - nowMs
    if (leftMs <= 0) return
    await rest(download.isDone ? leftMs : Math.min(leftMs, LOOK_EVERY_MS), signal)
  }
}
