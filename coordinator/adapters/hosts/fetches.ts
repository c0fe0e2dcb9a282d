/**
 * How far hosts are with what they fetch, on its way to Redis: the latest of each host, written together, so that ten thousand cost a few commands
 * every two seconds. Owns that a byte is counted once, over all coordinators and whatever is said again: who has counted what, Redis knows.
 */
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { CommandId, HostName, RolloutId } from '../../../shared/ids.ts'
import { OneAtATime } from '../../../shared/one-at-a-time.ts'
import { FETCH_SOURCES, FETCHES_KEPT_MS } from '../../engine/ports/fetches.ts'
import type { Fetch, Fetches, FetchReport, FetchSource, FetchTotal } from '../../engine/ports/fetches.ts'
import { readFields } from '../redis/fields.ts'
import { loadScript } from '../redis/script.ts'
import { fetchesKey, fetchSumsKey } from './keys.ts'

export const FETCHES_WRITTEN_EVERY_MS = 2000
/** Hosts in one script: some 12 µs of Redis each. */
export const MAX_FETCHES_PER_WRITE = 200
/** Reports that wait while Redis is away; further hosts are heard of again when it is back. */
export const MAX_WAITING = 50_000
/** The rate of a rollout is taken over this long, and believed for some of them. */
export const RATE_WINDOW_MS = 4000
const RATE_BELIEVED_MS = 2 * RATE_WINDOW_MS
/** A host that has said nothing for so long is not fetching. */
const FETCHING_FOR_MS = 10_000
/** What a host may claim: a liar spoils a sum, and no more than that. */
const MAX_CLAIMED_BYTES = 2 ** 42

const writeFetches = loadScript<number[]>(new URL('./lua/fetches-write.lua', import.meta.url))

export class RedisFetches implements Fetches {
  readonly #redis: Redis
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  readonly #writes = new OneAtATime(() => this.#write())
  /** By rollout and command: of each the latest, in the order in which they were begun. */
  #waiting = new Map<RolloutId, Map<CommandId, FetchReport>>()
  #waits = 0
  readonly #bytes: Record<FetchSource, number> = { peers: 0, relay: 0, origin: 0, reused: 0 }
  /** Hosts that fetch, and when they said so last. */
  readonly #fetching = new Map<HostName, number>()

  constructor(redis: Redis, log: Logger, everyMs = FETCHES_WRITTEN_EVERY_MS) {
    this.#redis = redis
    this.#log = log
    this.#timer = setInterval(() => void this.flush(), everyMs)
  }

  report(rollout: RolloutId, report: FetchReport): void {
    const { host, fetch } = report
    this.#fetching.delete(host)
    if (fetch.bytesDone < fetch.bytesTotal) this.#fetching.set(host, Date.now())
    this.#keep(rollout, [report])
  }

  flush(): Promise<void> {
    return this.#writes.again()
  }

  /** Writes what is left, and stops. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  of(rollout: RolloutId, hosts: readonly HostName[]): Promise<Map<HostName, Fetch>> {
    return readFields(this.#redis, fetchesKey(rollout), hosts, fetchIn)
  }

  async total(rollout: RolloutId): Promise<FetchTotal | null> {
    const [sums, hosts, [seconds, micros]] = await Promise.all([
      this.#redis.hgetall(fetchSumsKey(rollout)), this.#redis.hlen(fetchesKey(rollout)), this.#redis.time(),
    ])
    if (hosts === 0) return null
    const of = (field: string) => Number(sums[field] ?? 0)
    const isOld = Number(seconds) * 1000 + Number(micros) / 1000 - of('sinceMs') > RATE_BELIEVED_MS
    return {
      hosts, deltas: of('delta'), bytesDone: of('done'), bytesTotal: of('total'), bytesPerSecond: isOld ? 0 : of('rate'),
      peers: of('peers'), relay: of('relay'), origin: of('origin'), reused: of('reused'),
    }
  }

  counted(): { bytes: Record<FetchSource, number>; fetching: number } {
    const since = Date.now() - FETCHING_FOR_MS
    for (const [host, atMs] of this.#fetching) if (atMs < since) this.#fetching.delete(host)
    return { bytes: { ...this.#bytes }, fetching: this.#fetching.size }
  }

  #keep(rollout: RolloutId, reports: readonly FetchReport[]): void {
    const waiting = this.#waiting.get(rollout) ?? new Map<CommandId, FetchReport>()
    this.#waiting.set(rollout, waiting)
    for (const report of reports) {
      if (!waiting.has(report.id) && this.#waits >= MAX_WAITING) continue
      this.#waits += waiting.has(report.id) ? 0 : 1
      waiting.set(report.id, report)
    }
  }

  async #write(): Promise<void> {
    const taken = this.#waiting
    this.#waiting = new Map()
    this.#waits = 0
    for (const [rollout, waiting] of taken) {
      const reports = [...waiting.values()]
      for (let from = 0; from < reports.length; from += MAX_FETCHES_PER_WRITE) {
        await this.#writeSome(rollout, reports.slice(from, from + MAX_FETCHES_PER_WRITE))
      }
    }
  }

  async #writeSome(rollout: RolloutId, reports: readonly FetchReport[]): Promise<void> {
    try {
      const args = reports.flatMap(argumentsOf)
      const news = await writeFetches(this.#redis, [fetchesKey(rollout), fetchSumsKey(rollout)], [FETCHES_KEPT_MS, RATE_WINDOW_MS, ...args])
      for (const [index, source] of FETCH_SOURCES.entries()) this.#bytes[source] += news[index] ?? 0
    } catch (error) {
      this.#log.debug({ err: error, rollout, hosts: reports.length }, 'how far hosts are could not be written; it is written with what they say next')
      const since = [...(this.#waiting.get(rollout)?.values() ?? [])]
      this.#waits -= since.length
      this.#waiting.delete(rollout)
      this.#keep(rollout, [...reports, ...since])
    }
  }
}

function argumentsOf({ id, host, epoch, fetch }: FetchReport): (string | number)[] {
  const { bytesDone, bytesTotal, fromPeersBytes, fromRelayBytes, fromOriginBytes, reusedBytes, delta, bytesPerSecond } = fetch
  const claimed = [bytesDone, bytesTotal, fromPeersBytes, fromRelayBytes, fromOriginBytes, reusedBytes].map(bounded)
  return [host, id.slice(id.lastIndexOf('/') + 1), epoch, ...claimed, delta ? 1 : 0, bounded(bytesPerSecond)]
}

function bounded(bytes: number): number {
  return Math.min(MAX_CLAIMED_BYTES, Math.max(0, Math.round(bytes)))
}

/** As the script wrote it. */
function fetchIn(line: string): Fetch {
  const [done = 0, total = 0, peers = 0, relay = 0, origin = 0, reused = 0, delta = 0, rate = 0] = line.split(' ').slice(2).map(Number)
  return {
    bytesDone: done, bytesTotal: total, fromPeersBytes: peers, fromRelayBytes: relay, fromOriginBytes: origin, reusedBytes: reused,
    delta: delta === 1, bytesPerSecond: rate,
  }
}
