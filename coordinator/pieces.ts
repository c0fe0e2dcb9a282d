/**
 * The port where packages are fetched: the relay that a coordinator has inside, over its own artifact store. Hosts of datacenters without a relay fetch
 * here, and so do relays, which report here as well.
 */
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { relayMetrics } from '../relay/metrics.ts'
import { openRelay } from '../relay/relay.ts'
import type { Relay } from '../relay/relay.ts'
import type { LiveCredentials } from '../shared/pieces/credentials.ts'
import { Admitted } from './engine/distribution/admitted.ts'
import { hearRelay } from './engine/distribution/hear-relay.ts'
import type { HearingPorts } from './engine/distribution/hear-relay.ts'
import type { Signer } from './engine/ports/keys.ts'
import type { PieceStore } from './engine/ports/pieces.ts'

type Serving = HearingPorts & {
  credentials: LiveCredentials
  pieces: Pick<PieceStore, 'piece'>
  signer: Pick<Signer, 'grantKeys'>
  log: Logger
}

/** Not listening yet. Owns that nobody who was removed is given anything here, however good his certificate and his grants still are. */
export function openPieces({ credentials, pieces, signer, log, ...ports }: Serving): Relay {
  const admitted = new Admitted(ports.identities)
  return openRelay({
    credentials, log,
    grantKeys: () => signer.grantKeys(),
    source: { kind: 'local', piece: (digest) => pieces.piece(digest) },
    admits: (peer, grant) => admitted.has(peer, grant.host),
    onReport: (from, report) => hearRelay(ports, from, report),
  })
}

export function metricsOf(relay: Relay): Registry {
  const registry = new Registry()
  relayMetrics([registry], () => relay.figures())
  return registry
}
