/**
 * The artifacts that are here whole, and how their streams are put together from pieces: one small file each, written only once the SHA-256 of the whole
 * artifact has been seen to be right. What a record names may have gone or been damaged since; whoever uses it checks again.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Artifact } from '../../shared/command.ts'
import { DIGEST_PATTERN } from '../../shared/digest.ts'
import { makeDirectory } from '../../shared/directory.ts'
import { removeDurably, writeDurably } from '../../shared/durable.ts'
import { MAX_SLICES, packsOf, sliceSchema } from './slices.ts'

const SUFFIX = '.json'
/** Services that use the same artifact; more are not remembered of it. */
const MAX_SERVICES = 64

const count = z.number().int().min(0)

const heldSchema = z.strictObject({
  version: z.literal(1),
  artifact: z.strictObject({ digest: z.string().regex(DIGEST_PATTERN), sizeBytes: count, entries: count }),
  layoutBytes: count,
  contentBytes: count,
  slices: z.array(sliceSchema).max(MAX_SLICES),
  services: z.array(z.string()).max(MAX_SERVICES),
  heldAtMs: z.number(),
  /** When it was last unpacked; null: it waits for that. */
  unpackedAtMs: z.number().nullable(),
})

export type Held = z.output<typeof heldSchema>
export type Streams = Pick<Held, 'layoutBytes' | 'contentBytes' | 'slices'>

export class HeldArtifacts {
  readonly #dir: string
  readonly #held = new Map<string, Held>()

  private constructor(dir: string) {
    this.#dir = dir
  }

  /** Reads what is there. What cannot be read, or of which `hasPiece` misses a pack, is removed. */
  static async open(dir: string, hasPiece: (digest: string) => boolean): Promise<HeldArtifacts> {
    await makeDirectory(dir, 0o700)
    const artifacts = new HeldArtifacts(dir)
    for (const name of await readdir(dir)) {
      const held = name.endsWith(SUFFIX) ? await read(join(dir, name)) : null
      if (held && [...packsOf(held.slices)].every(hasPiece)) artifacts.#held.set(held.artifact.digest, held)
      else await removeDurably(join(dir, name))
    }
    return artifacts
  }

  get(digest: string): Held | null {
    return this.#held.get(digest) ?? null
  }

  all(): Held[] {
    return [...this.#held.values()]
  }

  /** What a delta may start from: first what the service uses, then the others, the latest first. */
  basesFor(service: string): string[] {
    const used = ({ services }: Held): number => Number(services.includes(service))
    const atMs = ({ unpackedAtMs, heldAtMs }: Held): number => unpackedAtMs ?? heldAtMs
    return this.all().sort((a, b) => used(b) - used(a) || atMs(b) - atMs(a)).map(({ artifact }) => artifact.digest)
  }

  /** Resolves when it is on the disk. To be called only for what has been verified. */
  async put(artifact: Artifact, { layoutBytes, contentBytes, slices }: Streams, service: string, nowMs: number): Promise<void> {
    const { digest, sizeBytes, entries } = artifact
    await this.#write({
      version: 1, artifact: { digest, sizeBytes, entries }, layoutBytes, contentBytes, slices, services: [service], heldAtMs: nowMs, unpackedAtMs: null,
    })
  }

  /** It has been unpacked, for that service. */
  async used(digest: string, service: string, nowMs: number): Promise<void> {
    const held = this.#held.get(digest)
    if (!held) return
    const services = [service, ...held.services.filter((name) => name !== service)].slice(0, MAX_SERVICES)
    await this.#write({ ...held, services, unpackedAtMs: nowMs })
  }

  /** It is not whole any more. */
  async drop(digest: string): Promise<void> {
    this.#held.delete(digest)
    await removeDurably(join(this.#dir, digest + SUFFIX))
  }

  /** Drops what cannot be put together any more. */
  async dropWithout(hasPiece: (digest: string) => boolean): Promise<void> {
    for (const { artifact, slices } of this.all()) if (!slices.every(({ pack }) => hasPiece(pack))) await this.drop(artifact.digest)
  }

  async #write(held: Held): Promise<void> {
    await writeDurably(join(this.#dir, held.artifact.digest + SUFFIX), `${JSON.stringify(held)}\n`)
    this.#held.set(held.artifact.digest, held)
  }
}

async function read(file: string): Promise<Held | null> {
  try {
    return heldSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return null
  }
}
