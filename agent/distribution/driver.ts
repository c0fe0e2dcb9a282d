/**
 * Brings the pieces of one swarm here: carries out what the pure core decides and tells it what came of it. Nothing is kept, counted or served before its
 * SHA-256 is that of the piece.
 */
import type { Source } from '../../shared/distribution/offer.ts'
import { askAny, askPiece, whereIs } from '../../shared/pieces/ask.ts'
import type { AskOptions, PieceAnswer } from '../../shared/pieces/ask.ts'
import type { Dialer } from '../../shared/pieces/tls.ts'
import type { Request } from '../../shared/swarm/request.ts'
import type { Leave } from '../ports.ts'
import type { Sources } from './sources.ts'
import { whereIsNeighbour } from './swarm.ts'
import type { Swarm } from './swarm.ts'
import { watchNeighbours } from './watching.ts'

/** Nothing at all has come for so long: whoever wants it is told why. */
export const FRUITLESS_MS = 60_000
/** Relays and coordinators that were passed over are looked at again. */
const LOOK_AGAIN_MS = 1000
/** Longer than the download itself waits: it knows how long answers take here, and gives up on those that take too long. */
const STALL_MS = 10_000

/** Made once: an error with its stack for each request would cost more than the request. */
const BROKEN_OFF = new Error('broken off')

export type Origin = 'peer' | Source['kind']

/** What a swarm is driven with. */
export type DriverOptions = {
  swarm: Swarm
  sources: Sources
  dialer: Dialer
  leave: Leave
  /** Under a cap on the rate: in how many milliseconds the next pieces may be asked for; 0: now. */
  mayAskInMs: (nowMs: number) => number
  /** Resolves when the verified piece of that number is on the disk. */
  keep: (index: number, bytes: Buffer) => Promise<void>
  /** Bytes of a piece have come. */
  onBytes: (bytes: number, from: Origin) => void
  /** Whoever sent bytes that are not those of the piece. */
  onLiar: (name: string) => void
}

/** Resolves when all pieces are here. Rejects when `signal` is aborted, nothing has come for long, or the disk takes no more. */
export async function bring(options: DriverOptions, signal: AbortSignal): Promise<void> {
  const { swarm } = options
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const driver = new Driver(options, until)
  const watching = watchNeighbours(options, until)
  try {
    await driver.run(signal)
  } finally {
    over.abort()
    swarm.bell.ring()
    await Promise.all([watching, driver.ended()])
  }
}

class Driver {
  readonly #options: DriverOptions
  readonly #requests = new Map<number, { breaking: AbortController; done: Promise<void> }>()
  #failure: Error | null = null
  /** What went wrong last, for whoever waits in vain. */
  #trouble = 'nobody answers'
  #fruitfulMs = performance.now()
  #lookedMs = -Infinity

  constructor(options: DriverOptions, until: AbortSignal) {
    this.#options = options
    until.addEventListener('abort', () => this.#breakOffAll(), { once: true })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { swarm: { download, bell }, mayAskInMs } = this.#options
    while (!download.isDone) {
      signal.throwIfAborted()
      if (this.#failure !== null) throw this.#failure
      const nowMs = performance.now()
      if (nowMs - this.#fruitfulMs > FRUITLESS_MS) throw new Error(`nothing has come for ${FRUITLESS_MS / 1000} s: ${this.#trouble}`)
      this.#lookAtSources(nowMs)
      const waitMs = mayAskInMs(nowMs)
      if (waitMs > 0) await this.#waitForCap(waitMs, signal)
      else await bell.next(Math.min(this.#decide(nowMs), LOOK_AGAIN_MS), signal)
    }
  }

  /** Nobody else is to blame that nothing comes meanwhile. */
  async #waitForCap(waitMs: number, signal: AbortSignal): Promise<void> {
    await this.#options.swarm.bell.next(waitMs, signal)
    this.#fruitfulMs = performance.now()
  }

  /** In how many milliseconds it has to be done again. */
  #decide(nowMs: number): number {
    const { ask, cancel, wakeAtMs } = this.#options.swarm.download.decide(nowMs, Math.random)
    for (const id of cancel) this.#requests.get(id)?.breaking.abort(BROKEN_OFF)
    for (const request of ask) this.#begin(request)
    return wakeAtMs === null ? Infinity : wakeAtMs - nowMs
  }

  #breakOffAll(): void {
    for (const { breaking } of this.#requests.values()) breaking.abort(BROKEN_OFF)
  }

  async ended(): Promise<void> {
    await Promise.all([...this.#requests.values()].map(({ done }) => done))
  }

  #lookAtSources(nowMs: number): void {
    const { swarm, sources } = this.#options
    if (nowMs - this.#lookedMs < LOOK_AGAIN_MS) return
    this.#lookedMs = nowMs
    swarm.download.relays(sources.relays(swarm.root, swarm.pieces, nowMs))
  }

  #begin(request: Request): void {
    const breaking = new AbortController()
    const done = this.#perform(request, breaking.signal).finally(() => {
      this.#requests.delete(request.id)
      this.#options.swarm.bell.ring()
    })
    this.#requests.set(request.id, { breaking, done })
  }

  /** Never rejects. */
  async #perform(request: Request, signal: AbortSignal): Promise<void> {
    try {
      const answer = await this.#ask(request, signal)
      if (answer.kind === 'piece') await this.#keep(request, answer)
      else this.#passOver(request, answer)
    } catch (error) {
      if (!signal.aborted) this.#failed(request, (error as Error).message)
    }
  }

  async #ask(request: Request, signal: AbortSignal): Promise<PieceAnswer> {
    const { swarm, sources, dialer, leave } = this.#options
    const { download, pieces, root } = swarm
    const options = { grant: await leave.get(signal), signal, stallMs: STALL_MS }
    if (request.of === 'peer') {
      const [neighbour, piece] = [swarm.neighbours.get(request.peer), pieces.at(request.index)]
      if (!neighbour || !piece) throw new Error(`${request.peer} is no neighbour any more`)
      const receiving = this.#receiving(request, 'peer', { ...options, have: download.have })
      return await askPiece(dialer, whereIsNeighbour(neighbour), root, request.index, piece, receiving)
    }
    const source = sources.byUrl(request.relay)
    if (!source) throw new Error(`${request.relay} is not to be asked any more`)
    const receiving = this.#receiving(request, source.kind, options)
    return await askAny(dialer, whereIs(source), root, request.wanted, (index) => pieces.at(index), receiving)
  }

  #receiving({ id }: Request, from: Origin, options: AskOptions): AskOptions {
    const { swarm: { download, bell }, onBytes } = this.#options
    return {
      ...options,
      onBegun: (index) => {
        download.promised(id, index, performance.now())
        // it may be one that nobody waits for, and is broken off
        bell.ring()
      },
      onBytes: ({ length }) => {
        this.#fruitfulMs = performance.now()
        download.progress(id, length, this.#fruitfulMs)
        onBytes(length, from)
      },
    }
  }

  /** A full disk, or a manifest that cannot be, ends it all: asking others again would not help. */
  async #keep(request: Request, { index, bytes, have }: PieceAnswer & { kind: 'piece' }): Promise<void> {
    const { swarm, sources, keep } = this.#options
    const { download, pieces } = swarm
    if (request.of === 'peer') swarm.heard(request.peer, have)
    else sources.answered(request.relay)
    try {
      const [known] = await Promise.all([pieces.learn(index, bytes), download.have.has(index) ? null : keep(index, bytes)])
      download.arrived(request.id, index, bytes.length, performance.now())
      swarm.grew()
      if (known.length === 0) return
      swarm.learnt(known)
      this.#lookedMs = -Infinity
    } catch (error) {
      this.#failure = error as Error
    }
  }

  #passOver(request: Request, answer: Exclude<PieceAnswer, { kind: 'piece' }>): void {
    const { swarm, sources, leave, onLiar } = this.#options
    const { download } = swarm
    const nowMs = performance.now()
    switch (answer.kind) {
      case 'busy':
      case 'missing':
        if (request.of === 'peer') swarm.heard(request.peer, answer.have)
        else sources.answered(request.relay)
        return download.refused(request.id, answer.kind, answer.kind === 'busy' ? answer.retryMs : 0, nowMs)
      case 'corrupt':
        onLiar(request.of === 'relay' ? request.relay : request.peer)
        if (request.of === 'relay') {
          sources.lied(request.relay)
          this.#lookedMs = -Infinity
        }
        return download.corrupt(request.id)
      case 'refused':
        // what a neighbour says of a grant counts for nothing
        if (request.of === 'relay') leave.drop()
        return this.#failed(request, answer.message)
      case 'failed':
        if (answer.why !== 'ended') this.#failed(request, answer.message)
        return
      default:
        return answer satisfies never
    }
  }

  #failed(request: Request, why: string): void {
    const { swarm, sources } = this.#options
    const nowMs = performance.now()
    this.#trouble = `${request.of === 'relay' ? request.relay : request.peer}: ${why}`
    if (request.of === 'relay') sources.failed(request.relay, nowMs)
    swarm.download.failed(request.id, nowMs)
  }
}
