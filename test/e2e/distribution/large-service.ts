/** A service whose releases are some work to fetch: megabytes that no compression makes smaller, of which two releases share what a test says. */
import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FetchView } from '../../../shared/api/fetch.ts'
import { until } from '../fleet/until.ts'
import { noise } from '../../unit/artifacts/tar-fixture.ts'
import type { FixtureEntry } from '../../unit/artifacts/tar-fixture.ts'
import { MarkerService } from '../marker-service.ts'
import type { Tuning } from '../service.ts'

export const LARGE_BYTES = 3_000_000
/** About as much as the largest piece of it has. One may come twice: what takes too long on a busy machine is asked of somebody else. */
export const PIECE_BYTES = 320 * 1024
/** In parts, so that a release can have some of another one. */
const PARTS = 8

export class LargeService extends MarkerService {
  /** Of versions that have parts of another: from which part on they are their own. */
  readonly #own = new Map<string, { of: string; from: number }>()

  /** A release like another one, but for its last part. */
  async releaseLike(version: string, other: string): Promise<void> {
    this.#own.set(version, { of: other, from: PARTS - 1 })
    await this.release(version)
  }

  protected override files(version: string, tuning: Tuning) {
    const { srv, cmd } = super.files(version, tuning)
    return { srv: [...srv, ...Array.from({ length: PARTS }, (_, at) => this.#part(version, at))], cmd }
  }

  #part(version: string, at: number): FixtureEntry {
    const own = this.#own.get(version)
    const from = own !== undefined && at < own.from ? own.of : version
    return { path: `part-${at}`, content: noise(`${this.name} ${from} ${at}`, LARGE_BYTES / PARTS) }
  }

  /** What the host has fetched, all in all: what is known of that is a few seconds old. */
  async fetched(id: string, host: string): Promise<FetchView> {
    return await until(`all that ${host} has fetched is known`, async () => {
      const fetch = (await this.fleet.tasks(id)).get(host)?.fetch
      return fetch && fetch.bytesDone === fetch.bytesTotal ? fetch : null
    })
  }

  /** Whether the host has exactly the files of this version. */
  async isWhole(host: string, version: string): Promise<boolean> {
    const dir = join(this.fleet.agent(host).real(`/srv/${this.name}`), 'current')
    const { srv } = this.files(version, {})
    const same = await Promise.all(srv.map(async ({ path, content }) => Buffer.from(content ?? '').equals(await readFile(join(dir, path)))))
    return same.every(Boolean) && (await readdir(dir)).length === srv.length
  }
}

/** Bytes of whole pieces on a disk. @param dir of pieces, of an agent or a relay */
export async function piecesBytes(dir: string): Promise<number> {
  const names = await readdir(dir, { recursive: true }).catch(() => [])
  const sizes = await Promise.all(names.filter((name) => /^[0-9a-f]{2}\/[0-9a-f]{64}$/.test(name)).map((name) => sizeOf(join(dir, name))))
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0
}
