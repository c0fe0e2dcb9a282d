/** The packages of a test, before they lie in any store. */
import type { Artifact } from '../../../shared/command.ts'
import { sha256, tar } from '../artifacts/tar-fixture.ts'
import type { FixtureEntry } from '../artifacts/tar-fixture.ts'

export class TestArtifacts {
  readonly #packages = new Map<string, Buffer>()

  pack(entries: FixtureEntry[]): Artifact {
    const bytes = tar(entries)
    const digest = sha256(bytes)
    this.#packages.set(digest, bytes)
    return { digest, sizeBytes: bytes.length, entries: entries.length }
  }

  bytes(digest: string): Buffer {
    const bytes = this.#packages.get(digest)
    if (!bytes) throw new Error(`there is no package ${digest}`)
    return bytes
  }
}
