/**
 * Whether what was installed is still as it was put there. Owns when that is looked at, and what of it is still true: a finding holds for
 * the very installation that it was made of, and for nothing that comes after it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Finding, Installed } from '../shared/command.ts'
import { OneAtATime } from '../shared/one-at-a-time.ts'
import type { Manifests } from './adapters/manifest.ts'
import { observe } from './adapters/observe.ts'
import type { ServiceRecords } from './adapters/records.ts'
import type { Releases } from './adapters/releases.ts'
import { findingsOf } from './deploy/findings.ts'
import type { Installation } from './deploy/installation.ts'

/** A round comes up to this share earlier or later, so that a fleet does not look in step. */
const JITTER = 0.2
/** Findings of all services in one frame, as long as each may have one. */
const MAX_TOLD = 1000

export type Auditable = { records: ServiceRecords; releases: Releases; manifests: Manifests; log: Logger }

export class Audits {
  readonly #from: Auditable
  readonly #found = new Map<string, { of: Installation; findings: Finding[] }>()
  readonly #looks = new Map<string, OneAtATime<Finding[]>>()

  constructor(from: Auditable) {
    this.#from = from
  }

  /** What runs here beyond doubt, with what was found of it last; where there are very many services, with the worst of it. */
  installed(): Installed[] {
    const installed = this.#from.records.installed()
    const each = Math.max(1, Math.floor(MAX_TOLD / installed.length))
    return installed.map((one) => ({ ...one, findings: this.#holding(one.service).slice(0, each) }))
  }

  of(service: string): Installed | null {
    return this.installed().find((one) => one.service === service) ?? null
  }

  /** Looks now. Empty while the service is being changed, or is not installed. Never rejects. */
  inspect(service: string): Promise<Finding[]> {
    const looks = this.#looks.get(service) ?? new OneAtATime(() => this.#look(service))
    this.#looks.set(service, looks)
    return looks.again().catch((error: unknown) => {
      this.#from.log.warn({ service, error }, 'a service cannot be looked at')
      return []
    })
  }

  /** A round now and then every `everyMs`, one service after another. Resolves with `ending`. */
  async keep(everyMs: number, ending: AbortSignal): Promise<void> {
    while (!ending.aborted) {
      for (const { service } of this.#from.records.installed()) await this.inspect(service)
      await delay(everyMs * (1 + JITTER * (2 * Math.random() - 1)), undefined, { signal: ending, ref: false }).catch(() => undefined)
    }
  }

  #holding(service: string): Finding[] {
    const found = this.#found.get(service)
    return found && found.of === this.#from.records.get(service).installed ? found.findings : []
  }

  async #look(service: string): Promise<Finding[]> {
    const { records, releases, manifests, log } = this.#from
    const before = records.get(service)
    if (!before.installed) this.#found.delete(service)
    if (!before.installed || before.doubt) return []
    const findings = findingsOf(await observe(service, before.installed, releases, manifests))
    // what was touched meanwhile may have been seen half-way
    if (records.get(service) !== before) return []
    if (findings.length > 0) log.warn({ service, findings }, 'not as it was put there')
    this.#found.set(service, { of: before.installed, findings })
    return findings
  }
}
