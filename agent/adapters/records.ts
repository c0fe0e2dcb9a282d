/** What the host holds of each service: one small file per service, replaced whole, and all of them in memory. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory } from '../../shared/directory.ts'
import type { Goal, Installed } from '../../shared/command.ts'
import { parseKept } from '../../shared/kept.ts'
import { reportOf } from '../deploy/installation.ts'
import type { Installation, ServiceRecord } from '../deploy/installation.ts'
import { removeDurably, writeDurably } from '../../shared/durable.ts'

const SUFFIX = '.json'

/** `previous`: the release that was installed before, if that was another; absent: none, or nobody wrote it down. */
type KeptRecord = ServiceRecord & { previous?: Installation }

export class ServiceRecords {
  readonly #dir: string
  readonly #records = new Map<string, KeptRecord>()

  private constructor(dir: string) {
    this.#dir = dir
  }

  static async open(dir: string): Promise<ServiceRecords> {
    await makeDirectory(dir, 0o700)
    const records = new ServiceRecords(dir)
    for (const name of await readdir(dir)) {
      if (!name.endsWith(SUFFIX)) continue
      const record = parseKept<KeptRecord>(await readFile(join(dir, name), 'utf8'))
      records.#records.set(record.service, record)
    }
    return records
  }

  get(service: string): ServiceRecord {
    return this.#records.get(service) ?? { service, installed: null, doubt: null }
  }

  /** Resolves when it is on the disk. A service of which the host holds nothing has no file. */
  async put(record: ServiceRecord): Promise<void> {
    const file = join(this.#dir, record.service + SUFFIX)
    if (!record.installed && !record.doubt) {
      await removeDurably(file)
      this.#records.delete(record.service)
      return
    }
    const kept = followed(this.#records.get(record.service), record)
    await writeDurably(file, `${JSON.stringify(kept)}\n`)
    this.#records.set(record.service, kept)
  }

  /** What services run, as far as is known, and what each of them ran before. */
  goals(): { current: Goal[]; previous: Goal[] } {
    const records = [...this.#records.values()]
    const goalsOf = (installations: (Installation | null | undefined)[]): Goal[] => installations.flatMap((one) => (one ? [one.goal] : []))
    return {
      current: goalsOf(records.flatMap(({ installed, doubt }) => [installed, doubt?.attempted])),
      previous: goalsOf(records.map(({ previous }) => previous)),
    }
  }

  /** What runs here beyond doubt. */
  installed(): Installed[] {
    return [...this.#records.values()].map(reportOf).filter((installed) => installed !== null)
  }
}

/** A release that follows on another one makes that the previous one. */
function followed(former: KeptRecord | undefined, record: ServiceRecord): KeptRecord {
  const [from, to] = [former?.installed ?? null, record.installed]
  const previous = from && to && !samePackages(from, to) ? from : former?.previous
  return previous ? { ...record, previous } : record
}

function samePackages({ goal: a }: Installation, { goal: b }: Installation): boolean {
  return a.srv.digest === b.srv.digest && a.cmd?.digest === b.cmd?.digest
}
