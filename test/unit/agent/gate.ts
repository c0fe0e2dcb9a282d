/** A place in a script at which a test can meet it: the script waits there until the test lets it go on, and the test knows that it is there. */
import { execFileSync } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

export class Gate {
  /** What the script does to wait. */
  readonly shell: string
  readonly #file: string

  constructor(dir: string, name = 'gate') {
    this.#file = join(dir, name)
    execFileSync('mkfifo', [this.#file])
    this.shell = `read -r _ <"${this.#file}"`
  }

  /** Resolves when a script waits here, with what lets it go on. */
  async reached(): Promise<() => Promise<void>> {
    const handle = await open(this.#file, 'w')
    return async () => {
      try {
        await handle.write('go\n')
      } catch (error) {
        // whom a signal has ended meanwhile waits no longer
        if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
      } finally {
        await handle.close()
      }
    }
  }
}
