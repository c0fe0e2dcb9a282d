/**
 * Gives out pieces to hosts and other relays: what `muster relay` runs, and what a coordinator has inside. Owns how its parts hang together; where the
 * pieces come from is handed in.
 */
import type { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { ArtifactGrant } from '../shared/artifact-grant.ts'
import { formatAddress } from '../shared/address.ts'
import type { Address } from '../shared/address.ts'
import type { Source } from '../shared/distribution/offer.ts'
import type { RelayReport, RelayReportAnswer } from '../shared/distribution/relay-report.ts'
import { problem } from '../shared/errors.ts'
import type { LiveCredentials } from '../shared/pieces/credentials.ts'
import type { PieceFiles } from '../shared/pieces/files.ts'
import { Leave } from '../shared/pieces/leave.ts'
import { createPieceServer, Dialer } from '../shared/pieces/tls.ts'
import type { Peer } from '../shared/pieces/tls.ts'
import { answer } from './answering.ts'
import { Egress } from './egress.ts'
import { Flights } from './flights.ts'
import type { Bring, Shelf } from './flights.ts'
import { Giving } from './giving.ts'
import { noCounts } from './stats.ts'
import type { Counts } from './stats.ts'
import { Swarms } from './swarms.ts'
import { Upstreams } from './upstreams.ts'

/** All that there is lies here already. Null: there is no such piece. */
export type LocalSource = { kind: 'local'; piece: (digest: string) => Promise<Uint8Array | null> }

/**
 * `sources`: whom to ask, in this order; asked anew for every piece. `isMine`: whether this relay is to have a piece before somebody asks it for that one, as
 * far as several share a datacenter.
 */
export type UpstreamSource = { kind: 'upstream'; files: PieceFiles; sources: () => readonly Source[]; isMine?: (digest: string) => boolean }

export type RelayOptions = {
  credentials: LiveCredentials
  /** The keys that may sign grants (purpose `orders`); none: nobody is served yet. @param nowMs since the epoch */
  grantKeys: (nowMs: number) => ReadonlyMap<string, KeyObject>
  source: LocalSource | UpstreamSource
  /** To all together; Infinity, the default: no cap. */
  egressBytesPerSecond?: number
  /** A coordinator knows who was removed, and gives them nothing, however good their certificates and grants are. @throws MusterError unavailable */
  admits?: (peer: Peer, grant: ArtifactGrant) => Promise<boolean>
  /** A coordinator hears other relays. @throws MusterError what the relay is told instead of an answer */
  onReport?: (from: Peer, report: RelayReport) => Promise<RelayReportAnswer>
  log: Logger
}

/** `hosts`: that are in its swarms. */
export type RelayFigures = Counts & { swarms: number; hosts: number }

export type Relay = {
  /** @param setting where the address comes from. @returns the port. @throws MusterError config_invalid: it cannot listen there */
  listen(address: Address, setting?: string): Promise<number>
  figures(): RelayFigures
  /** Ends all connections; what is on its way is given up. */
  close(): Promise<void>
}

/** Not listening yet. */
export function openRelay({ credentials, grantKeys, source, egressBytesPerSecond = Infinity, admits, onReport, log }: RelayOptions): Relay {
  const ending = new AbortController()
  const counts = noCounts()
  const egress = new Egress(egressBytesPerSecond)
  const dialer = new Dialer(credentials)
  const upstreams = source.kind === 'local' ? null : new Upstreams({
    dialer, sources: source.sources, log,
    grantsFor: (root) => swarms.get(root)?.grants(Date.now()) ?? [],
    onFetched(bytes) {
      counts.fetchedBytes += bytes
      flights.heard()
    },
  })
  const bring: Bring | null = upstreams && ((wanted, flight, signal) => upstreams.bring(wanted, flight, signal))
  const flights = new Flights(shelfOf(source), bring, log, ending.signal)
  const swarms = new Swarms({
    flights, egress, log, ending: ending.signal, pin: pinsOf(source),
    isMine: source.kind === 'local' ? null : source.isMine ?? (() => true),
  })
  const leave = new Leave(grantKeys)
  const forget = credentials.onChange(() => leave.forget())
  const giving = new Giving(flights, egress, counts)
  const options = { leave, admits: admits ?? null, swarms, giving, counts, onReport: onReport ?? null, log }
  const server = createPieceServer(credentials, (request, response) => void answer(options, request, response))
  return {
    async listen(address, setting = '--listen') {
      try {
        await once(server.listen(address.port, address.host), 'listening')
      } catch (error) {
        throw problem('config_invalid', `${setting}: cannot listen on ${formatAddress(address)}: ${(error as Error).message}`, {
          field: setting, expected: 'a free address of this machine',
        })
      }
      return (server.address() as AddressInfo).port
    },
    figures: () => ({ ...counts, swarms: swarms.size, hosts: [...swarms.all].reduce((sum, { hosts }) => sum + hosts, 0) }),
    async close() {
      ending.abort()
      forget()
      dialer.close()
      const over = server.listening ? once(server, 'close') : null
      server.close()
      server.closeAllConnections()
      await Promise.all([over, flights.over()])
    },
  }
}

function shelfOf(source: LocalSource | UpstreamSource): Shelf {
  if (source.kind === 'local') return { has: () => true, read: async (digest) => buffer(await source.piece(digest)), store: () => Promise.resolve('stored') }
  const { files } = source
  return {
    has: (digest) => files.has(digest),
    read: (digest) => files.read(digest),
    store: (digest, bytes) => files.store({ digest, sizeBytes: bytes.length }, bytes),
  }
}

function pinsOf(source: LocalSource | UpstreamSource): (root: string, digests: readonly string[] | null) => void {
  return (root, digests) => {
    if (source.kind === 'local') return
    if (digests === null) source.files.unpin(root)
    else source.files.pin(root, digests)
  }
}

function buffer(bytes: Uint8Array | null): Buffer | null {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
