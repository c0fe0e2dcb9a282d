/** What the host holds of each service: one small file per service, replaced whole, and all of them in memory. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory } from '../../shared/directory.ts'
import type { Installed } from '../../shared/command.ts'
import { parseKept } from '../../shared/kept.ts'
import { reportOf } from '../deploy/installation.ts'
import type { ServiceRecord } from '../deploy/installation.ts'
import { removeDurably, writeDurably } from '../../shared/durable.ts'

const SUFFIX = '.json'

export class ServiceRecords {
  readonly #dir: string
  readonly #records = new Map<string, ServiceRecord>()

  private constructor(dir: string) {
    this.#dir = dir
  }

  static async open(dir: string): Promise<ServiceRecords> {
    await makeDirectory(dir, 0o700)
    const records = new ServiceRecords(dir)
    for (const name of await readdir(dir)) {
      if (!name.endsWith(SUFFIX)) continue
      const record = parseKept<ServiceRecord>(await readFile(join(dir, name), 'utf8'))
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
    await writeDurably(file, `${JSON.stringify(record)}\n`)
    this.#records.set(record.service, record)
  }

  /** What runs here beyond doubt. */
  installed(): Installed[] {
    return [...this.#records.values()].map(reportOf).filter((installed) => installed !== null)
  }
}
