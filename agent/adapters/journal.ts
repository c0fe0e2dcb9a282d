/**
 * The journals: one append-only file of JSON lines per command. Owns durability (a line is on the disk before `append` resolves), what a
 * crash may leave (a torn last line never happened; a command whose `accepted` is torn was never accepted), and that of orders which
 * could still be sent again none is forgotten without a trace.
 */
import { open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory, syncDirectory } from '../../shared/directory.ts'
import { problem } from '../../shared/errors.ts'
import type { CommandId } from '../../shared/ids.ts'
import { parseKept } from '../../shared/kept.ts'
import type { Order } from '../../shared/order.ts'
import { apply } from '../deploy/attempt.ts'
import type { Attempt } from '../deploy/attempt.ts'
import type { Entry, Line } from '../deploy/entry.ts'
import { stamp } from './clock.ts'
import { Watermark } from './watermark.ts'

/** How long, and how many, acknowledged commands are kept, so that one that is delivered again is answered and not run again. */
export const KEEP_ACKNOWLEDGED_MS = 7 * 86_400_000
export const KEEP_ACKNOWLEDGED = 1000
/** … and of how many bytes of output, the latest first. What is beyond them goes, and the journal stays. */
export const KEEP_OUTPUT_BYTES = 1024 ** 3

const FILE_NAME = 'journal'
/** Beside the commands' directories, none of which begins so. */
const FORGOTTEN_NAME = '.forgotten'
/** Below it lie the files of each run of a script. */
export const STEPS_NAME = 'steps'

export class Journal {
  readonly dir: string
  #attempt: Attempt
  #sizeBytes: number
  #writing: Promise<unknown> = Promise.resolve()
  #outputBytes: number | null = null

  constructor(dir: string, attempt: Attempt, sizeBytes: number) {
    this.dir = dir
    this.#attempt = attempt
    this.#sizeBytes = sizeBytes
  }

  /** What the outputs of an attempt that has ended take. */
  async outputBytes(): Promise<number> {
    this.#outputBytes ??= await sizeOf(join(this.dir, STEPS_NAME))
    return this.#outputBytes
  }

  /** Nobody can read them any more. */
  async dropOutputs(): Promise<void> {
    await rm(join(this.dir, STEPS_NAME), { recursive: true, force: true })
    this.#outputBytes = 0
  }

  get attempt(): Attempt {
    return this.#attempt
  }

  /**
   * Appends one entry unless `unless` says otherwise of the attempt at that moment, and resolves when it is on the disk.
   * Rejects, with nothing appended, when the disk refuses.
   */
  append(entry: Entry, unless: (attempt: Attempt) => boolean = () => false): Promise<void> {
    const writing = this.#writing.then(async () => {
      if (unless(this.#attempt)) return
      const line = { ...stamp(), ...entry }
      this.#sizeBytes = await appendLine(join(this.dir, FILE_NAME), this.#sizeBytes, line)
      this.#attempt = apply(this.#attempt, line)
    })
    this.#writing = writing.catch(() => undefined)
    return writing
  }
}

/** The journals below one directory. */
export class Journals {
  readonly #root: string
  readonly #journals = new Map<CommandId, Journal>()
  readonly #forgotten: Watermark

  private constructor(root: string, forgotten: Watermark) {
    this.#root = root
    this.#forgotten = forgotten
  }

  /** Reads all journals. Throws when one is damaged elsewhere than at its end: what it says can no longer be known. */
  static async open(root: string): Promise<Journals> {
    await makeDirectory(root, 0o700)
    const journals = new Journals(root, await Watermark.open(join(root, FORGOTTEN_NAME)))
    for (const name of await readdir(root)) {
      if (name.startsWith(FORGOTTEN_NAME)) continue
      const dir = join(root, name)
      const journal = await load(dir)
      if (journal) journals.#journals.set(journal.attempt.command.id, journal)
      else await rm(dir, { recursive: true, force: true })
    }
    return journals
  }

  get(id: CommandId): Journal | undefined {
    return this.#journals.get(id)
  }

  /** Orders of that time and before may have been forgotten while they were still good. Milliseconds since the epoch; 0: none were. */
  get forgottenMs(): number {
    return this.#forgotten.atMs
  }

  /** In the order in which they were accepted. */
  all(): Journal[] {
    return [...this.#journals.values()].sort((a, b) => a.attempt.acceptedAt.localeCompare(b.attempt.acceptedAt))
  }

  /** A new journal that holds the whole command, on the disk. Rejects, with nothing left behind, when the disk refuses. */
  async accept({ command, issuedAtMs, expiresAtMs }: Omit<Order, 'host'>): Promise<Journal> {
    const dir = join(this.#root, encodeURIComponent(command.id))
    const line: Line = { ...stamp(), kind: 'accepted', command, order: { issuedAtMs, expiresAtMs } }
    try {
      await makeDirectory(dir, 0o700)
      const sizeBytes = await appendLine(join(dir, FILE_NAME), 0, line)
      await syncDirectory(dir)
      const journal = new Journal(dir, apply(null, line), sizeBytes)
      this.#journals.set(command.id, journal)
      return journal
    } catch (error) {
      await rm(dir, { recursive: true, force: true }).catch(() => undefined)
      throw error
    }
  }

  /** Removes what has been acknowledged and is older, or more, than is kept. */
  async prune(now: Date, keepOutputBytes = KEEP_OUTPUT_BYTES): Promise<void> {
    const acknowledged = this.all().filter(({ attempt }) => attempt.acknowledged)
    const oldest = new Date(now.getTime() - KEEP_ACKNOWLEDGED_MS).toISOString()
    const excess = acknowledged.length - KEEP_ACKNOWLEDGED
    const gone = acknowledged.filter(({ attempt }, index) => index < excess || attempt.last.at < oldest)
    const stillGood = gone.flatMap(({ attempt: { order } }) => (order && order.expiresAtMs > now.getTime() ? [order.issuedAtMs] : []))
    await this.#forgotten.raise(Math.max(0, ...stillGood))
    for (const { attempt, dir } of gone) {
      this.#journals.delete(attempt.command.id)
      await rm(dir, { recursive: true, force: true })
    }
    let bytes = 0
    for (const journal of this.all().filter(({ attempt }) => attempt.acknowledged).toReversed()) {
      bytes += await journal.outputBytes()
      if (bytes > keepOutputBytes) await journal.dropOutputs()
    }
  }
}

/** Writes a line at the end of what is known to be whole, over whatever a crash or a full disk may have left there. */
async function appendLine(file: string, sizeBytes: number, line: Line): Promise<number> {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
  const handle = await open(file, 'a', 0o600)
  try {
    await handle.truncate(sizeBytes)
    await handle.appendFile(bytes)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  return sizeBytes + bytes.length
}

/** Null when no command was ever accepted in it. */
async function load(dir: string): Promise<Journal | null> {
  const text = await readFile(join(dir, FILE_NAME), 'utf8').catch(missingIsEmpty)
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  let attempt: Attempt | null = null
  for (const [index, line] of whole.split('\n').slice(0, -1).entries()) {
    try {
      attempt = apply(attempt, parseKept<Line>(line))
    } catch (error) {
      const where = `${join(dir, FILE_NAME)}: line ${index + 1}`
      const expected = 'a person to see what the command had done, and to move its directory away'
      throw problem('internal', `${where} is damaged: ${(error as Error).message}`, { field: 'data-dir', expected })
    }
  }
  return attempt && new Journal(dir, attempt, Buffer.byteLength(whole))
}

/** Of all files below a directory; 0 when it is not there. */
async function sizeOf(dir: string): Promise<number> {
  const names = await readdir(dir, { recursive: true }).catch(() => [])
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(dir, name)).catch(() => null))?.size ?? 0))
  return sizes.reduce((sum, size) => sum + size, 0)
}

function missingIsEmpty(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return ''
  throw error
}
