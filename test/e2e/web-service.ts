/**
 * The service that tests deploy: a small HTTP server that says its version and pid, and scripts that write into a ledger on their host before
 * they do anything else. What a script does then can be tuned release by release; in the end it is Muster's default step.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { AppliedView, ArtifactView } from '../../shared/api/catalogue.ts'
import type { RolloutView } from '../../shared/api/rollout.ts'
import { tar } from '../unit/artifacts/tar-fixture.ts'
import type { FixtureEntry } from '../unit/artifacts/tar-fixture.ts'
import type { Fleet } from './fleet.ts'
import { readLedger } from './fleet/ledger.ts'
import type { LedgerEntry } from './fleet/ledger.ts'

/** Lines of bash for each script, which run before its default step; `exit 1` makes it fail. */
export type Tuning = Partial<Record<'stop' | 'start' | 'check', string>>
/** By their names: lines of bash for the scripts that a rollout runs once. */
export type Once = Record<string, string>

export type Answer = { version: string; pid: number; greeting: string }

type Strategy = Record<string, unknown>

/** Bash: waits until the host's shared directory has this file. */
export const untilFile = (name: string) => `until [[ -e $MUSTER_SHARED_DIR/${name} ]]; do sleep 0.05; done`

const PROGRAM = `import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const version = readFileSync('version', 'utf8')
const answer = JSON.stringify({ version, pid: process.pid, greeting: process.env.MUSTER_VAR_GREETING ?? '' })
createServer((_request, response) => response.end(answer)).listen(Number(process.env.PORT), '127.0.0.1')
`

export class WebService {
  readonly name: string
  readonly #fleet: Fleet
  readonly #port: string

  constructor(fleet: Fleet, name: string) {
    this.#fleet = fleet
    this.name = name
    this.#port = fleet.nextPortLabel()
  }

  /** The catalogue entry as a person writes it. */
  document(more: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      service: this.name,
      path: `/srv/${this.name}`,
      run: `PORT=\${label.${this.#port}} '${process.execPath}' web.mjs`,
      check: { http: `http://127.0.0.1:\${label.${this.#port}}/`, within: '20s' },
      ...more,
    }
  }

  async apply(more: Record<string, unknown> = {}): Promise<AppliedView> {
    return this.#fleet.api.put(`/v1/services/${this.name}`, this.document(more))
  }

  async release(version: string, tuning: Tuning = {}, once: Once = {}): Promise<void> {
    const { api } = this.#fleet
    const scripts = [...scriptFiles(tuning), ...onceFiles(once)]
    const [srv, cmd] = await Promise.all([uploaded(this.#fleet, 'srv', programFiles(version)), uploaded(this.#fleet, 'cmd', scripts)])
    await api.post(`/v1/services/${this.name}/releases`, { version, srv: srv.digest, cmd: cmd.digest })
  }

  /** Begins a rollout. @returns its id */
  async start(release: string, strategy: Strategy = {}, hosts?: string): Promise<string> {
    const request = { service: this.name, release, strategy, ...(hosts === undefined ? {} : { hosts }) }
    const { id } = await this.#fleet.api.post<RolloutView>('/v1/rollouts', request)
    return id
  }

  /** A rollout of `release`, from its start to its end. */
  async rollOut(release: string, strategy: Strategy = {}, hosts?: string): Promise<RolloutView> {
    return this.#fleet.ended(await this.start(release, strategy, hosts))
  }

  /** What the service on this host answers. @throws when nothing does */
  async ask(host: string): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.#fleet.agent(host).labels[this.#port]}/`, { signal: AbortSignal.timeout(5000) })
    return await response.json() as Answer
  }

  /** The version that each host answers with; null: none answers. */
  async versions(hosts: readonly string[] = this.#fleet.hosts): Promise<Record<string, string | null>> {
    const answers = await Promise.all(hosts.map(async (host) => [host, await this.ask(host).then(({ version }) => version, () => null)] as const))
    return Object.fromEntries(answers)
  }

  ledger(host: string): LedgerEntry[] {
    return readLedger(host, join(this.shared(host), 'ledger'))
  }

  /** Of all hosts, or of one rollout on them. */
  ledgers(rollout?: string): LedgerEntry[] {
    const entries = this.#fleet.hosts.flatMap((host) => this.ledger(host))
    return rollout === undefined ? entries : entries.filter(({ command }) => command.startsWith(`${rollout}/`))
  }

  /** What the scripts that a rollout runs once have written on this host: `migrate 2`, or `smoke 2: h1` where it is about hosts. */
  async once(host: string): Promise<string[]> {
    const text = await readFile(join(this.shared(host), 'once'), 'utf8').catch(() => '')
    return text.split('\n').filter((line) => line !== '')
  }

  shared(host: string): string {
    return this.#fleet.agent(host).real(`/srv/${this.name}/shared`)
  }

  /** Lets a script that waits with `untilFile` go on. */
  async put(host: string, file: string): Promise<void> {
    await mkdir(this.shared(host), { recursive: true })
    await writeFile(join(this.shared(host), file), '')
  }
}

export function programFiles(version: string): FixtureEntry[] {
  return [{ path: 'web.mjs', content: PROGRAM }, { path: 'version', content: version }]
}

export function scriptFiles(tuning: Tuning = {}): FixtureEntry[] {
  return (['stop', 'start', 'check'] as const).map((step) => ({ path: step, mode: 0o755, content: script(step, tuning[step] ?? '') }))
}

function onceFiles(once: Once): FixtureEntry[] {
  return Object.entries(once).map(([path, lines]) => ({ path, mode: 0o755, content: `#!/usr/bin/env bash
set -euo pipefail
echo "\${0##*/} $MUSTER_VERSION\${MUSTER_WAVE_HOSTS:+: $MUSTER_WAVE_HOSTS}" >>"$MUSTER_SHARED_DIR/once"
${lines}
` }))
}

/** The same files in a directory. */
export async function writeFiles(dir: string, files: readonly FixtureEntry[]): Promise<string> {
  for (const { path, mode = 0o644, content = '' } of files) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), content, { mode })
  }
  return dir
}

function script(step: string, tuning: string): string {
  return `#!/usr/bin/env bash
set -euo pipefail
note() { printf '%s %s %s %s %s %s\\n' "$1" "\${EPOCHREALTIME/,/.}" "$MUSTER_COMMAND" "$MUSTER_STEP" "$MUSTER_VERSION" "$2" >>"$MUSTER_SHARED_DIR/ledger"; }
note begun -
trap 'note ended $?' EXIT
echo "$MUSTER_STEP of $MUSTER_SERVICE $MUSTER_VERSION on $MUSTER_HOST"
${tuning}
MUSTER_SETTLE_MS=100 MUSTER_PROBE_EVERY_MS=50 "\${MUSTER_DEPLOY_UTILS%/*}/steps/${step}"
`
}

async function uploaded(fleet: Fleet, name: 'srv' | 'cmd', files: FixtureEntry[]): Promise<ArtifactView> {
  const { status, body } = await fleet.api.upload(name, tar(files))
  if (status !== 200) throw new Error(`the upload of ${name} was answered with ${status}: ${JSON.stringify(body)}`)
  return body
}
