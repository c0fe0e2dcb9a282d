/**
 * The service that tests deploy: a small HTTP server that says its version and pid, and scripts that write into a ledger on their host before
 * they do anything else. What a script does then can be tuned release by release; in the end it is Muster's default step.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FixtureEntry } from '../unit/artifacts/tar-fixture.ts'
import type { Fleet } from './fleet.ts'
import { readLedger } from './fleet/ledger.ts'
import type { LedgerEntry } from './fleet/ledger.ts'
import { Service } from './service.ts'
import type { Tuning } from './service.ts'

export type Answer = { version: string; pid: number; greeting: string }

/** Bash: waits until the host's shared directory has this file. */
export const untilFile = (name: string) => `until [[ -e $MUSTER_SHARED_DIR/${name} ]]; do sleep 0.05; done`

const PROGRAM = `import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const version = readFileSync('version', 'utf8')
const answer = JSON.stringify({ version, pid: process.pid, greeting: process.env.MUSTER_VAR_GREETING ?? '' })
createServer((_request, response) => response.end(answer)).listen(Number(process.env.PORT), '127.0.0.1')
`

export class WebService extends Service {
  readonly #port: string

  constructor(fleet: Fleet, name: string) {
    super(fleet, name)
    this.#port = fleet.nextPortLabel()
  }

  override document(more: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      service: this.name,
      path: `/srv/${this.name}`,
      run: `PORT=\${label.${this.#port}} '${process.execPath}' web.mjs`,
      check: { http: `http://127.0.0.1:\${label.${this.#port}}/`, within: '20s' },
      ...more,
    }
  }

  protected override files(version: string, tuning: Tuning) {
    return { srv: programFiles(version), cmd: scriptFiles(tuning) }
  }

  /** What the service on this host answers. @throws when nothing does */
  async ask(host: string): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.fleet.agent(host).labels[this.#port]}/`, { signal: AbortSignal.timeout(5000) })
    return await response.json() as Answer
  }

  /** The version that each host answers with; null: none answers. */
  async versions(hosts: readonly string[] = this.fleet.hosts): Promise<Record<string, string | null>> {
    const answers = await Promise.all(hosts.map(async (host) => [host, await this.ask(host).then(({ version }) => version, () => null)] as const))
    return Object.fromEntries(answers)
  }

  ledger(host: string): LedgerEntry[] {
    return readLedger(host, join(this.shared(host), 'ledger'))
  }

  /** Of all hosts, or of one rollout on them. */
  ledgers(rollout?: string): LedgerEntry[] {
    const entries = this.fleet.hosts.flatMap((host) => this.ledger(host))
    return rollout === undefined ? entries : entries.filter(({ command }) => command.startsWith(`${rollout}/`))
  }
}

export function programFiles(version: string): FixtureEntry[] {
  return [{ path: 'web.mjs', content: PROGRAM }, { path: 'version', content: version }]
}

export function scriptFiles(tuning: Tuning = {}): FixtureEntry[] {
  return (['stop', 'start', 'check'] as const).map((step) => ({ path: step, mode: 0o755, content: script(step, tuning[step] ?? '') }))
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
