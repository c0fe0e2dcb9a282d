/**
 * Artifacts as versions before kept them: whole files, `<2 hex>/<digest>` beside `<digest>.json`, in the same directory. They are found until somebody
 * wants their manifest; then they are taken in, and the file goes.
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Artifact } from '../../../shared/command.ts'
import { DIGEST_PATTERN } from '../../../shared/digest.ts'
import { ifThere } from './objects/file-objects.ts'

const FOLDER_PATTERN = /^[0-9a-f]{2}$/

export class FormerFiles {
  readonly #root: string | null

  /** Null: where objects are kept elsewhere, there are none. */
  constructor(root: string | null) {
    this.#root = root
  }

  async find(digest: string): Promise<{ artifact: Artifact; path: string } | null> {
    if (this.#root === null || !DIGEST_PATTERN.test(digest)) return null
    const path = this.#path(this.#root, digest)
    const [note, file] = await Promise.all([ifThere(readFile(`${path}.json`, 'utf8')), ifThere(stat(path))])
    if (note === null || file === null) return null
    return { artifact: { digest, sizeBytes: file.size, entries: (JSON.parse(note) as { entries: number }).entries }, path }
  }

  async remove(digest: string): Promise<void> {
    if (this.#root === null) return
    const path = this.#path(this.#root, digest)
    await rm(path, { force: true })
    await rm(`${path}.json`, { force: true })
  }

  async *all(): AsyncGenerator<{ digest: string; changedAtMs: number }> {
    if (this.#root === null) return
    for (const folder of (await readdir(this.#root)).filter((name) => FOLDER_PATTERN.test(name))) {
      for (const digest of (await readdir(join(this.#root, folder))).filter((name) => DIGEST_PATTERN.test(name))) {
        const found = await ifThere(stat(join(this.#root, folder, digest)))
        if (found !== null) yield { digest, changedAtMs: found.mtimeMs }
      }
    }
  }

  #path(root: string, digest: string): string {
    return join(root, digest.slice(0, 2), digest)
  }
}
