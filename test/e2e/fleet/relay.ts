/** A real relay of a fleet. Its port stays the same over restarts, so that everybody finds it again. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { RelaysView } from '../../../shared/api/relay.ts'
import type { TokenCreatedView } from '../../../shared/api/token.ts'
import type { Fleet } from '../fleet.ts'
import { Daemon } from './daemon.ts'
import type { DaemonOptions } from './daemon.ts'
import { freePorts } from './ports.ts'
import { until } from './until.ts'

export class Relay {
  readonly name: string
  readonly daemon: Daemon
  readonly #fleet: Fleet
  readonly #args: readonly string[]

  private constructor(fleet: Fleet, name: string, args: readonly string[], env?: NodeJS.ProcessEnv) {
    const options: DaemonOptions = { logFile: join(fleet.dir, `${name}.log`) }
    this.name = name
    this.daemon = new Daemon(env === undefined ? options : { ...options, env })
    this.#fleet = fleet
    this.#args = args
  }

  /** Resolves when hosts are told of it. @param flags more settings */
  static async join(fleet: Fleet, name: string, dc: string, flags: readonly string[] = [], env?: NodeJS.ProcessEnv): Promise<Relay> {
    const { text } = await fleet.api.post<TokenCreatedView>('/v1/tokens', { role: 'relay', hosts: name, labels: { dc } })
    const address = `127.0.0.1:${await freePorts(1)}`
    const where = ['--name', name, '--data-dir', join(fleet.dir, name), '--listen', address, '--advertise', `https://${address}`]
    const relay = new Relay(fleet, name, [...where, '--join', text, '--metrics', '127.0.0.1:0', ...flags], env)
    mkdirSync(relay.piecesDir, { recursive: true, mode: 0o700 })
    await relay.start()
    return relay
  }

  /** Resolves when a coordinator has heard it, and its cache may be asked. */
  async start(): Promise<void> {
    this.daemon.start(['relay', '--coordinator', `https://${this.#fleet.coordinator.pieces}`, ...this.#args])
    await this.daemon.logged('heard by a coordinator')
    await until(`hosts are told of ${this.name}`, async () => {
      const { relays } = await this.#fleet.api.get<RelaysView>('/v1/relays')
      return relays.some(({ relay, status }) => relay === this.name && status === 'up')
    })
  }

  get piecesDir(): string {
    return join(this.#fleet.dir, this.name, 'pieces')
  }

  /** One of its figures since it was started, as in `muster_relay_<name>`. */
  async figure(name: string): Promise<number> {
    const { metrics } = await this.daemon.logged('figures are shown')
    const text = await (await fetch(`http://${String(metrics)}/metrics`)).text()
    const value = new RegExp(`^muster_relay_${name} (\\S+)$`, 'm').exec(text)?.[1]
    if (value === undefined) throw new Error(`no ${name} among the figures of ${this.name}`)
    return Number(value)
  }
}
