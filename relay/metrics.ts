/** `/metrics` for Prometheus, and `/health`, over plain HTTP for this machine alone or a network that is trusted. No host, service or piece is ever a label. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { formatAddress } from '../shared/address.ts'
import type { Address } from '../shared/address.ts'
import { problem } from '../shared/errors.ts'
import type { RelayFigures } from './relay.ts'

const NOT_READY = 'no coordinator has told yet whose grants are good\n'

export type Measured = RelayFigures & { cachedBytes: number; cacheMaxBytes: number }

const HELP: Record<keyof Measured, [name: string, help: string]> = {
  sentToHostsBytes: ['sent_to_hosts_bytes_total', 'Bytes of pieces that were sent to hosts.'],
  sentToRelaysBytes: ['sent_to_relays_bytes_total', 'Bytes of pieces that were sent to other relays.'],
  fetchedBytes: ['fetched_bytes_total', 'Bytes of pieces that came from upstreams.'],
  given: ['answers_given_total', 'Questions that were answered with a piece.'],
  busy: ['answers_busy_total', 'Questions that were put off: too many at once, or the piece is on its way.'],
  missing: ['answers_missing_total', 'Questions for what nobody has.'],
  refused: ['answers_refused_total', 'Questions without a grant that was good for them.'],
  swarms: ['swarms', 'Manifests and deltas of which somebody fetches.'],
  hosts: ['hosts', 'Hosts that fetch or give out, by what they announce.'],
  cachedBytes: ['cache_bytes', 'Bytes of pieces that are kept.'],
  cacheMaxBytes: ['cache_max_bytes', 'As many may be.'],
}

/** What a relay does: `muster_relay_…`, measured when it is read. */
export function relayMetrics(registers: Registry[], measure: () => Partial<Measured>): void {
  const names = Object.keys(measure()) as (keyof Measured)[]
  for (const key of names) {
    const [name, help] = HELP[key]
    const named = { name: `muster_relay_${name}`, help, registers }
    if (name.endsWith('_total')) {
      new Counter({
        ...named,
        collect() {
          this.reset()
          this.inc(measure()[key] ?? 0)
        },
      })
    } else {
      new Gauge({
        ...named,
        collect() {
          this.set(measure()[key] ?? 0)
        },
      })
    }
  }
}

/** @param isReady it may serve: a coordinator has told it whose grants are good @returns the port, and what ends it. @throws MusterError config_invalid */
export async function serveMetrics(address: Address, measure: () => Measured, isReady: () => boolean): Promise<{ port: number; close: () => void }> {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  relayMetrics([registry], measure)
  const server = createServer((request, response) => {
    if (request.url === '/health') return void (isReady() ? response.end('ok\n') : response.writeHead(503).end(NOT_READY))
    if (request.url !== '/metrics') return void response.writeHead(404).end()
    void registry.metrics().then((text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text), () => response.destroy())
  })
  try {
    await once(server.listen(address.port, address.host), 'listening')
  } catch (error) {
    throw problem('config_invalid', `--metrics: cannot listen on ${formatAddress(address)}: ${(error as Error).message}`, {
      field: '--metrics', expected: 'a free address of this machine',
    })
  }
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
