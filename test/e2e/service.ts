/** What all services of tests have in common: applied, released, rolled out, and with a directory on each host that outlives releases. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AppliedView, ArtifactView } from '../../shared/api/catalogue.ts'
import type { RolloutView } from '../../shared/api/rollout.ts'
import { tar } from '../unit/artifacts/tar-fixture.ts'
import type { FixtureEntry } from '../unit/artifacts/tar-fixture.ts'
import type { Fleet } from './fleet.ts'

/** Lines of bash for each script, which run before the rest of it; `exit 1` makes it fail. */
export type Tuning = Partial<Record<'stop' | 'start' | 'check', string>>

/** By their names: lines of bash for the scripts that a rollout runs once. */
export type Once = Record<string, string>

export type StrategyFields = Record<string, unknown>

export abstract class Service {
  readonly name: string
  protected readonly fleet: Fleet

  constructor(fleet: Fleet, name: string) {
    this.fleet = fleet
    this.name = name
  }

  /** The catalogue entry as a person writes it. */
  abstract document(more?: Record<string, unknown>): Record<string, unknown>
  protected abstract files(version: string, tuning: Tuning): Record<'srv' | 'cmd', FixtureEntry[]>

  async apply(more: Record<string, unknown> = {}): Promise<AppliedView> {
    return this.fleet.api.put(`/v1/services/${this.name}`, this.document(more))
  }

  async release(version: string, tuning: Tuning = {}, once: Once = {}): Promise<void> {
    const files = this.files(version, tuning)
    const [srv, cmd] = await Promise.all([this.#uploaded('srv', files.srv), this.#uploaded('cmd', [...files.cmd, ...onceFiles(once)])])
    await this.fleet.api.post(`/v1/services/${this.name}/releases`, { version, srv: srv.digest, cmd: cmd.digest })
  }

  /** Begins a rollout. @returns its id */
  async start(release: string, strategy: StrategyFields = {}, hosts?: string): Promise<string> {
    const request = { service: this.name, release, strategy, ...(hosts === undefined ? {} : { hosts }) }
    const { id } = await this.fleet.api.post<RolloutView>('/v1/rollouts', request)
    return id
  }

  /** A rollout of `release`, from its start to its end. */
  async rollOut(release: string, strategy: StrategyFields = {}, hosts?: string): Promise<RolloutView> {
    return this.fleet.ended(await this.start(release, strategy, hosts))
  }

  /** What the scripts that a rollout runs once have written on this host: `migrate 2`, or `smoke 2: h1` where it is about hosts. */
  async once(host: string): Promise<string[]> {
    const text = await readFile(join(this.shared(host), 'once'), 'utf8').catch(() => '')
    return text.split('\n').filter((line) => line !== '')
  }

  shared(host: string): string {
    return this.fleet.agent(host).real(`/srv/${this.name}/shared`)
  }

  /** Lets a script that waits with `untilFile` go on. */
  async put(host: string, file: string): Promise<void> {
    await mkdir(this.shared(host), { recursive: true })
    await writeFile(join(this.shared(host), file), '')
  }

  async take(host: string, file: string): Promise<void> {
    await rm(join(this.shared(host), file), { force: true })
  }

  async #uploaded(name: 'srv' | 'cmd', files: FixtureEntry[]): Promise<ArtifactView> {
    const { status, body } = await this.fleet.api.upload(name, tar(files))
    if (status !== 200) throw new Error(`the upload of ${name} was answered with ${status}: ${JSON.stringify(body)}`)
    return body
  }
}

function onceFiles(once: Once): FixtureEntry[] {
  return Object.entries(once).map(([path, lines]) => ({ path, mode: 0o755, content: `#!/usr/bin/env bash
set -euo pipefail
echo "\${0##*/} $MUSTER_VERSION\${MUSTER_WAVE_HOSTS:+: $MUSTER_WAVE_HOSTS}" >>"$MUSTER_SHARED_DIR/once"
${lines}
` }))
}
