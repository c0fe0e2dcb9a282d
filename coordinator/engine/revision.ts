/** Which revision a host is to run of a service: the release, the catalogue entry, and the variables that this host gets. Pure. */
import { revisionOf } from '../../shared/digest.ts'
import type { Selectable } from '../../shared/selector.ts'
import type { ServiceSpec } from '../../shared/service.ts'
import { sourcesOf, variablesFrom } from '../../shared/variables.ts'
import type { Origin } from '../../shared/variables.ts'
import type { Release, RevisionRecord } from './ports/catalogue.ts'

/** A host of no name and no labels: nothing but the service's own variables applies to it. */
const ANY_HOST: Selectable = { host: '', labels: {} }

/** Records are made once for all hosts that the same overrides apply to. */
export class Revisions {
  /** The revision of every host that overrides nothing. */
  readonly base: RevisionRecord
  readonly #spec: ServiceSpec
  readonly #release: Release
  readonly #records = new Map<string, RevisionRecord>()

  constructor(spec: ServiceSpec, release: Release) {
    this.#spec = spec
    this.#release = release
    this.base = this.of(ANY_HOST)
  }

  of(host: Selectable): RevisionRecord {
    const sources = sourcesOf(this.#spec, host)
    const key = sources.map(({ from }) => keyOf(from)).join('\n')
    const record = this.#records.get(key) ?? recordOf(this.#spec, this.#release, variablesFrom(sources))
    this.#records.set(key, record)
    return record
  }

  /** Every revision that has been asked for, and the base. */
  get all(): RevisionRecord[] {
    return [...new Map([...this.#records.values()].map((record) => [record.goal.revision, record])).values()]
  }
}

function keyOf({ layer, of }: Origin): string {
  return `${layer} ${of}`
}

function recordOf(spec: ServiceSpec, { version, srv, cmd, envelope }: Release, variables: Record<string, string>): RevisionRecord {
  const { service, instances, run, check, steps, path, account, keepReleases } = spec
  const revision = revisionOf({ service, srv: srv.digest, cmd: cmd?.digest ?? null, variables, instances, run, check, steps, path, account })
  return { service, goal: { revision, version, srv, cmd, variables, instances, run, check, steps, release: envelope }, path, account, keepReleases }
}
