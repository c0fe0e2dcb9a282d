/**
 * How packages come to this host and what it keeps of them. Owns that of one artifact one fetch is under way at a time, that what is said to be here was
 * verified as a whole, and that a stream lies in its file only as long as something is to be unpacked from it.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Artifact } from '../../shared/command.ts'
import { makeDirectory } from '../../shared/directory.ts'
import { MusterError } from '../../shared/errors.ts'
import type { Transfer } from '../../shared/distribution/offer.ts'
import type { Piece } from '../../shared/distribution/piece.ts'
import { PieceFiles } from '../../shared/pieces/files.ts'
import type { Dialer } from '../../shared/pieces/tls.ts'
import { Pace } from '../../shared/swarm/pace.ts'
import type { Asker, Grants, Offer } from '../grants.ts'
import type { TarStream } from '../adapters/unpack.ts'
import { Serial } from '../serial.ts'
import { tarFrom, WrongArtifactError } from './artifact.ts'
import { fetchByDelta } from './by-delta.ts'
import { fetchByPacks } from './by-packs.ts'
import { HeldArtifacts } from './held.ts'
import type { Streams } from './held.ts'
import type { InUse } from './pins.ts'
import { Room } from './room.ts'
import { packsOf } from './slices.ts'
import { Sources } from './sources.ts'
import { PackLostError, writeStream } from './stream.ts'
import type { Swarms } from './swarms.ts'
import { ownerOf } from './take-part.ts'
import type { FetchMeans, Wanted } from './take-part.ts'
import { Tally } from './tally.ts'

/** What has been damaged on the disk is fetched once more; what is wrong again is not what it is said to be. */
const TRIES = 2

export type DistributionOptions = {
  /** Of the agent; pieces, records and streams have their own places below it. */
  dir: string
  cacheBytes: number
  /** Of all fetches together; Infinity: no cap. */
  bytesPerSecond: number
  grants: Pick<Grants, 'get' | 'drop'>
  inUse: () => InUse
  swarms: Swarms
  dialer: Dialer
  log: Logger
}

/** `pace`: of this command alone; null: as fast as it goes. */
export type FetchOptions = {
  signal: AbortSignal
  pace: Pace | null
  onProgress: (transfer: Transfer, doneBytes: number, totalBytes: number) => void
}

/** A stream that lies in a file, verified. */
type Staged = { streams: Streams; service: string }

export class Distribution {
  readonly #options: DistributionOptions
  readonly #store: PieceFiles
  readonly #held: HeldArtifacts
  readonly #room: Room
  readonly #pace: Pace
  readonly #staged = new Map<string, Staged>()
  /** How many are about to unpack an artifact: services may share one. */
  readonly #readers = new Map<string, number>()
  /** By the artifact. */
  readonly #serial = new Serial()

  private constructor(options: DistributionOptions, store: PieceFiles, held: HeldArtifacts) {
    this.#options = options
    this.#store = store
    this.#held = held
    this.#room = new Room(store, held, options.inUse, options.log)
    this.#pace = new Pace(options.bytesPerSecond, performance.now())
  }

  /** Takes over what is there. */
  static async open(options: DistributionOptions): Promise<Distribution> {
    const staging = join(options.dir, 'streams')
    await makeDirectory(staging, 0o700)
    for (const name of await readdir(staging)) await rm(join(staging, name), { recursive: true, force: true })
    const store = await PieceFiles.open(join(options.dir, 'pieces'), options.cacheBytes)
    const held = await HeldArtifacts.open(join(options.dir, 'held'), (digest) => store.has(digest))
    const distribution = new Distribution(options, store, held)
    distribution.#room.refresh()
    return distribution
  }

  /** Where everything of it lies. */
  get dir(): string {
    return this.#options.dir
  }

  /** Digests of artifacts that a difference may start from. */
  basesFor(service: string): string[] {
    return this.#held.basesFor(service)
  }

  /** A piece, for others. Null: it is not here any more. */
  async read(digest: string): Promise<Buffer | null> {
    return await this.#store.read(digest)
  }

  /** Whether all of it is here. */
  has({ digest }: Artifact): boolean {
    const held = this.#held.get(digest)
    return this.#staged.has(digest) || (held !== null && [...packsOf(held.slices)].every((pack) => this.#store.has(pack)))
  }

  /** Gives back what only might be useful. */
  async dropSpare(): Promise<void> {
    await this.#room.dropSpare()
  }

  /** Resolves when the artifact is here and verified. Rejects with a line for a person, or when the signal is aborted. */
  async fetch(artifact: Artifact, asker: Asker, options: FetchOptions): Promise<void> {
    await this.#serial.run(artifact.digest, options.signal, async () => {
      if (!this.has(artifact)) await this.#fetch(artifact, asker, options)
    })
  }

  /** Has `unpack` read the artifact, also when it was damaged since it was fetched; for that service it is then what a difference starts from best. */
  async unpack(artifact: Artifact, asker: Asker, options: FetchOptions, unpack: (tar: () => TarStream) => Promise<void>): Promise<void> {
    const { digest } = artifact
    const count = (more: number): unknown => this.#readers.set(digest, (this.#readers.get(digest) ?? 0) + more)
    count(1)
    try {
      await this.#stage(artifact, asker, options)
      await unpack(() => this.#tar(artifact))
    } finally {
      count(-1)
    }
    await this.#serial.run(digest, options.signal, async () => {
      await this.#held.used(digest, asker.service, Date.now())
      await this.#unstage(digest)
    })
  }

  /** Nobody waits for it to be unpacked. */
  async unstage(artifact: Artifact, signal: AbortSignal): Promise<void> {
    await this.#serial.run(artifact.digest, signal, () => this.#unstage(artifact.digest))
  }

  /** What an earlier attempt at another release of the service has left is not worth its space. */
  async unstageOthers(service: string, wanted: readonly Artifact[], signal: AbortSignal): Promise<void> {
    for (const [digest, staged] of this.#staged) {
      if (staged.service !== service || wanted.some((artifact) => artifact.digest === digest)) continue
      await this.#serial.run(digest, signal, () => this.#unstage(digest))
    }
  }

  /** Writes its stream to a file. */
  async #stage(artifact: Artifact, asker: Asker, options: FetchOptions): Promise<void> {
    const { digest } = artifact
    await this.#serial.run(digest, options.signal, async () => {
      const held = this.#held.get(digest)
      if (this.#staged.has(digest)) return
      if (!held) return await this.#fetch(artifact, asker, options)
      try {
        await writeStream(held.slices, this.#room.readPack, this.#fileOf(digest), options.signal)
        this.#staged.set(digest, { streams: held, service: asker.service })
      } catch (error) {
        if (!(error instanceof PackLostError)) throw error
        this.#options.log.warn({ artifact: digest, reason: error.message }, 'a package that was here is damaged, and is fetched again')
        await this.#repair(packsOf(held.slices))
        await this.#fetch(artifact, asker, options)
      }
    })
  }

  /** Of an artifact that is staged. */
  #tar({ digest, sizeBytes }: Artifact): TarStream {
    const staged = this.#staged.get(digest)
    if (!staged) throw new Error(`${digest} is not ready to be unpacked`)
    return tarFrom(this.#fileOf(digest), staged.streams, sizeBytes)
  }

  /** Not under somebody who reads it. */
  async #unstage(digest: string): Promise<void> {
    if (this.#readers.get(digest)) return
    this.#readers.delete(digest)
    this.#staged.delete(digest)
    await rm(this.#fileOf(digest), { force: true })
  }

  async #fetch(artifact: Artifact, asker: Asker, options: FetchOptions): Promise<void> {
    const { digest } = artifact
    const { signal, pace, onProgress } = options
    const { grants, swarms, dialer, log } = this.#options
    const offer = await grants.get(asker, digest, signal)
    const paces = [this.#pace, ...(pace === null ? [] : [pace])]
    const means: FetchMeans = { room: this.#room, held: this.#held, swarms, dialer, log }
    const wanted: Wanted = {
      artifact,
      sources: new Sources(offer.sources),
      leave: { get: async (until) => (await grants.get(asker, digest, until)).grant, drop: () => grants.drop(digest) },
      tally: new Tally(paces, performance.now(), onProgress),
      file: this.#fileOf(digest),
    }
    this.#room.begin()
    try {
      const streams = await this.#byDelta(offer, wanted, means, signal) ?? await this.#byPacks(offer.manifest, wanted, means, signal)
      await this.#held.put(artifact, streams, asker.service, Date.now())
      this.#staged.set(digest, { streams, service: asker.service })
    } finally {
      if (!this.#staged.has(digest)) await rm(this.#fileOf(digest), { force: true })
      await this.#room.end(ownerOf(artifact))
    }
  }

  /** Null: there is none, or it does not lead there. */
  async #byDelta({ delta }: Offer, wanted: Wanted, means: FetchMeans, signal: AbortSignal): Promise<Streams | null> {
    const base = delta && this.#held.get(delta.base)
    if (!delta || !base) return null
    try {
      return await fetchByDelta(delta, base, wanted, means, signal)
    } catch (error) {
      if (signal.aborted || isFull(error)) throw error
      const reason = (error as Error).message
      means.log.warn({ artifact: wanted.artifact.digest, base: delta.base, reason }, 'a difference is of no use, the package is fetched whole')
      await this.#repair(packsOf(base.slices))
      return null
    }
  }

  async #byPacks(manifest: Piece, wanted: Wanted, means: FetchMeans, signal: AbortSignal): Promise<Streams> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await fetchByPacks(manifest, wanted, means, signal)
      } catch (error) {
        if (!isDamage(error) || tries === TRIES) throw error
        means.log.warn({ artifact: wanted.artifact.digest, reason: (error as Error).message }, 'pieces that were here are damaged, and are fetched again')
        await this.#repair(this.#store.digests())
      }
    }
  }

  /** Removes what is not what its name says, and what was put together from it. */
  async #repair(pieces: Iterable<string>): Promise<void> {
    await this.#room.removeDamaged([...pieces])
    await this.#held.dropWithout((digest) => this.#store.has(digest))
  }

  #fileOf(digest: string): string {
    return join(this.#options.dir, 'streams', digest)
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof WrongArtifactError || error instanceof PackLostError || (error instanceof MusterError && error.problem.code === 'piece_invalid')
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')
}
