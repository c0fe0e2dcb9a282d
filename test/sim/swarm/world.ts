/** A simulated network with a swarm on it: relays, hosts, what befalls them, and what must hold at any time. */
import { Random } from '../random.ts'
import { Agenda } from './agenda.ts'
import { Host } from './host.ts'
import { Network } from './network.ts'
import { Relay } from './relay.ts'
import type { Scenario } from './scenario.ts'

/** A world that has not come to its end by then stands still. */
const MAX_LIMITS = 20
const MAX_MS = 60_000
const FROZEN_MS = 2_000
/** Nobody dies before others know him. */
const MEETING_MS = 200

export class World {
  readonly scenario: Scenario
  readonly agenda = new Agenda()
  readonly network: Network
  readonly hosts: Host[] = []
  readonly random: () => number
  readonly pieceBytes: number
  readonly segmentBytes: number
  readonly segmentsPerPiece: number
  readonly #random: Random
  readonly #byName = new Map<string, Host>()
  readonly relays: Relay[] = []
  /** Hosts that are alive, and have not everything. */
  #open = 0

  constructor(scenario: Scenario) {
    this.scenario = scenario
    this.pieceBytes = scenario.pieceBytes
    this.segmentsPerPiece = scenario.segmentsPerPiece
    this.segmentBytes = scenario.pieceBytes / scenario.segmentsPerPiece
    this.#random = new Random(scenario.seed)
    this.random = () => this.#random.next()
    this.network = new Network(this.agenda, { latencyMs: scenario.latencyMs, queueMs: scenario.queueMs, segmentBytes: this.segmentBytes })
    for (let at = 0; at < scenario.datacenters; at++) {
      const relay = new Relay(this, `dc${at}`)
      relay.fill(at === 0 ? null : scenario.wanBytesPerMs)
      this.relays.push(relay)
    }
    for (let at = 0; at < scenario.hosts; at++) this.#makeHost(at)
  }

  /** Until every host that lives has everything. @throws when that does not happen, or something that must hold does not */
  run(): void {
    while (this.#open > 0 && this.agenda.advance(MAX_LIMITS * this.limitMs + MAX_MS)) continue
    this.insist(this.#open === 0, () => `${this.#open} hosts have not come to an end`)
  }

  /** The physical one, per datacenter: of who gives, of who takes, and of all links together. */
  get limitMs(): number {
    const { hosts, datacenters, pieces, pieceBytes, hostBytesPerMs, relaySpeed, wanBytesPerMs } = this.scenario
    const size = pieces * pieceBytes
    const n = hosts / datacenters
    const origin = Math.min(hostBytesPerMs * relaySpeed, datacenters > 1 ? wanBytesPerMs : Infinity)
    return Math.max(size / origin, size / hostBytesPerMs, (n * size) / (hostBytesPerMs * relaySpeed + n * hostBytesPerMs))
  }

  host(name: string): Host {
    return this.#byName.get(name)!
  }

  relay(dc: string): Relay {
    return this.relays[Number(dc.slice(2))]!
  }

  finished(host: Host): void {
    if (host.character === 'honest' && !host.willDie) this.#open--
  }

  insist(holds: boolean, what: () => string): void {
    if (!holds) throw new Error(what())
  }

  #makeHost(at: number): void {
    const { hosts, datacenters, hostsPerRack, dying, lying, stalling, late, startSpreadMs } = this.scenario
    const dc = at % datacenters
    const isLiar = at < Math.round(lying * hosts)
    const isDying = !isLiar && at < Math.round((lying + dying) * hosts)
    const host = new Host(this, `h${at}`, `dc${dc}`, `r${dc}-${Math.floor(at / datacenters / hostsPerRack)}`, isLiar ? 'liar' : 'honest')
    this.hosts.push(host)
    this.#byName.set(host.name, host)
    if (!isLiar && !isDying) this.#open++
    const startMs = this.random() * startSpreadMs + (this.#random.chance(late) ? this.random() * this.limitMs : 0)
    this.agenda.at(startMs, () => host.start())
    const befallsMs = startMs + MEETING_MS + this.random() * this.limitMs
    host.willDie = isDying
    if (isDying) this.agenda.at(befallsMs, () => (host.endpoint.isDead = true))
    else if (this.#random.chance(stalling)) this.agenda.at(befallsMs, () => this.network.freeze(host.endpoint, FROZEN_MS))
  }
}
