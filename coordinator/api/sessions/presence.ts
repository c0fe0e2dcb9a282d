/**
 * What a host says of itself during a session: that it lives, how loaded it is, what it runs. Owns since when each of that is so, and that the host's
 * history hears of what was found.
 */
import type { Logger } from 'pino'
import type { Installed } from '../../../shared/command.ts'
import type { HostName } from '../../../shared/ids.ts'
import type { Heartbeat, Inspected } from '../../../shared/message.ts'
import type { HistoryEntry, HostHistory } from '../../engine/ports/history.ts'
import type { HostLoad, InstalledSince } from '../../engine/ports/hosts.ts'
import type { Heartbeats } from '../../engine/ports/sessions.ts'
import { dated, found } from './arrival.ts'
import { judgeInstalled } from './greeting.ts'

export type PresencePorts = {
  heartbeats: Heartbeats
  history: Pick<HostHistory, 'add'>
  /** Milliseconds since the epoch. */
  clock: () => number
  log: Logger
}
type OfSession = { host: HostName; epoch: number; installed: readonly InstalledSince[] }

export class Presence {
  readonly #host: HostName
  readonly #epoch: number
  readonly #ports: PresencePorts
  /** As the registry has it, or is about to. */
  #installed: readonly InstalledSince[]

  constructor({ host, epoch, installed }: OfSession, ports: PresencePorts) {
    this.#host = host
    this.#epoch = epoch
    this.#installed = installed
    this.#ports = ports
  }

  /** What the host ran of a service when it said so last. */
  runs(service: string): { revision: string | null; version: string | null } {
    const one = this.#installed.find((other) => other.service === service)
    return { revision: one?.revision ?? null, version: one?.version ?? null }
  }

  heartbeat({ installed, ...load }: Heartbeat): Promise<void> {
    const isAsBefore = JSON.stringify(installed) === JSON.stringify(this.#installed.map(({ sinceMs: _, ...one }) => one))
    return this.#alive(load, isAsBefore ? null : judgeInstalled(installed))
  }

  /** In the registry when it resolves. */
  async inspected({ service, findings }: Pick<Inspected, 'service' | 'findings'>): Promise<void> {
    const now = judgeInstalled(this.#installed.map((one) => (one.service === service ? { ...one, findings } : one)))
    if (now) await this.#alive(null, now)
    await this.#ports.heartbeats.flush()
  }

  /** In the registry when it resolves. @param after what runs of the service now; null: nothing */
  async changed(service: string, after: Installed | null): Promise<void> {
    const now = judgeInstalled(after === null ? [] : [after])
    if (!now) return
    await this.#alive(null, [...this.#installed.filter((other) => other.service !== service), ...now])
    await this.#ports.heartbeats.flush()
  }

  /** For the host's history; nothing fails with it. */
  async note(entries: readonly HistoryEntry[]): Promise<void> {
    const { history, log } = this.#ports
    for (const entry of entries) {
      await history.add(this.#host, entry).catch((error: unknown) => log.debug({ err: error, host: this.#host }, 'what happened could not be kept'))
    }
  }

  async #alive(load: HostLoad | null, installed: readonly Installed[] | null): Promise<void> {
    const { clock, heartbeats } = this.#ports
    const now = clock()
    const news = installed === null ? [] : found(installed, this.#installed, now)
    if (installed !== null) this.#installed = dated(installed, this.#installed, now)
    heartbeats.alive(this.#host, { epoch: this.#epoch, load, installed: installed && this.#installed }, now)
    await this.note(news)
  }
}
