/**
 * The lightest service there is, for many hosts on one machine. No process of it lives: what a host runs is the version in a file there, which
 * `start` writes, `check` reads and `stop` removes. Its scripts write into one ledger for all hosts, each before it does anything else.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostView } from '../../shared/api/host.ts'
import { noting, readLines, remark } from './fleet/fleet-ledger.ts'
import type { Line } from './fleet/fleet-ledger.ts'
import type { FixtureEntry } from '../unit/artifacts/tar-fixture.ts'
import { Service } from './service.ts'
import type { Tuning } from './service.ts'

const DOES = {
  stop: 'rm -f "$MUSTER_SHARED_DIR/running"',
  start: 'printf %s "$MUSTER_VERSION" >"$MUSTER_SHARED_DIR/running"',
  check: '[[ $(<"$MUSTER_SHARED_DIR/running") == "$MUSTER_VERSION" ]]',
} as const

export class MarkerService extends Service {
  override document(more: Record<string, unknown> = {}): Record<string, unknown> {
    return { service: this.name, path: `/srv/${this.name}`, ...more }
  }

  protected override files(version: string, tuning: Tuning): Record<'srv' | 'cmd', FixtureEntry[]> {
    const script = (step: keyof typeof DOES) =>
      ['#!/usr/bin/env bash', 'set -euo pipefail', `${noting(this.#ledger)}${tuning[step] ?? ''}`, DOES[step], ''].join('\n')
    const cmd = (['stop', 'start', 'check'] as const).map((step) => ({ path: step, mode: 0o755, content: script(step) }))
    return { srv: [{ path: 'version', content: version }], cmd }
  }

  /** What scripts wrote, on all hosts: for this rollout, or all that they ever did, with the test's own remarks. */
  lines(rollout?: string): Line[] {
    const lines = readLines(this.#ledger)
    return rollout === undefined ? lines : lines.filter((line) => line.rollout === rollout)
  }

  remark(mark: string): void {
    remark(this.#ledger, mark)
  }

  /** The version that each host runs; null: none. */
  async running(hosts: readonly string[] = this.fleet.hosts): Promise<Record<string, string | null>> {
    const versions = await Promise.all(hosts.map(async (host) => [host, await read(join(this.shared(host), 'running'))] as const))
    return Object.fromEntries(versions)
  }

  /** The version that each host is to run, as the API has it; null: none. */
  async assigned(): Promise<Record<string, string | null>> {
    const { hosts } = await this.fleet.api.get<{ hosts: HostView[] }>('/v1/hosts?limit=1000')
    return Object.fromEntries(hosts.map(({ host, services }) => [host, services.find(({ service }) => service === this.name)?.assigned ?? null]))
  }

  get #ledger(): string {
    return join(this.fleet.dir, `${this.name}.ledger`)
  }
}

async function read(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}
