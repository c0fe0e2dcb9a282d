/** `muster relay` put together from its parts, and its life from the lock to the last word. */
import { once } from 'node:events'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { formatAddress, parseAddress } from '../shared/address.ts'
import { makeDataDirectory } from '../shared/daemon.ts'
import type { RelayReport, RelayReportAnswer } from '../shared/distribution/relay-report.ts'
import { problem } from '../shared/errors.ts'
import { lockDirectory } from '../shared/lock.ts'
import { admit } from '../shared/machine/admission.ts'
import { tokenFor } from '../shared/machine/given-token.ts'
import { Identity } from '../shared/machine/identity.ts'
import { credentialsOf } from '../shared/pieces/credentials.ts'
import { PieceFiles } from '../shared/pieces/files.ts'
import { inOrder } from '../shared/pieces/rendezvous.ts'
import { Dialer } from '../shared/pieces/tls.ts'
import { VERSION } from '../shared/version.ts'
import type { Config } from './config.ts'
import { serveMetrics } from './metrics.ts'
import { openRelay } from './relay.ts'
import type { Relay } from './relay.ts'
import { Reporting } from './reporting.ts'

/** Where coordinators give out pieces, unless they say otherwise. */
const PIECES_PORT = 4602

/** Resolves when `ending` is aborted. @throws MusterError when it cannot start */
export async function runRelay(config: Config, log: Logger, ending: AbortSignal): Promise<void> {
  const dataDir = config['data-dir']
  const identity = await Identity.open(join(dataDir, 'identity'), { role: 'relay', host: config.name })
  const token = await tokenFor(identity, config.join, log)
  if (token === null && identity.kept === null) {
    const expected = 'a join token: muster token create --role relay'
    throw problem('config_invalid', 'this relay has not joined, and there is no --join', { field: '--join', expected })
  }
  await makeDataDirectory(dataDir)
  await lockDirectory('relay', dataDir)
  const files = await PieceFiles.open(join(dataDir, 'pieces'), config.cache)
  log.info({ cachedBytes: files.usedBytes, cacheMaxBytes: files.budgetBytes }, 'relay begins')
  await admit(identity, token, log, ending)
  if (ending.aborted) return
  const credentials = credentialsOf(identity)
  const dialer = new Dialer(credentials)
  const own = { url: '' }
  const siblings: { urls: readonly string[] } = { urls: [] }
  const reporting = new Reporting({
    dialer, log,
    first: () => config.coordinator ?? piecesOf(identity),
    report: () => reportOf(config, own.url, relay, files),
    async onAnswer(answer) {
      await identity.believe(trustIn(answer))
      siblings.urls = answer.siblings
    },
  })
  const relay = openRelay({
    credentials,
    grantKeys: (nowMs) => identity.signerKeys('orders', nowMs),
    source: { kind: 'upstream', files, sources: () => reporting.upstreams, isMine: (digest) => isMine(own.url, siblings.urls, digest) },
    egressBytesPerSecond: config.egress ?? Infinity,
    log,
  })
  const isReady = (): boolean => identity.signerKeys('orders', Date.now()).size > 0
  const measure = () => ({ ...relay.figures(), cachedBytes: files.usedBytes, cacheMaxBytes: files.budgetBytes })
  const metrics = config.metrics === undefined ? null : await serveMetrics(config.metrics, measure, isReady)
  if (metrics !== null) log.info({ metrics: formatAddress({ ...config.metrics!, port: metrics.port }) }, 'figures are shown')
  const port = await relay.listen(config.listen)
  own.url = config.advertise ?? `https://${formatAddress({ host: reachable(config.listen.host), port })}`
  log.info({ pieces: formatAddress({ ...config.listen, port }), url: own.url }, 'listening; it gives out nothing before a coordinator has heard it')
  void reporting.keep(ending)
  if (!ending.aborted) await once(ending, 'abort')
  metrics?.close()
  await relay.close()
  dialer.close()
  log.info('relay ends')
}

/** What it fetches of its own accord: where several relays share a datacenter, its part of the pieces. */
function isMine(own: string, siblings: readonly string[], digest: string): boolean {
  return !siblings.includes(own) || inOrder(siblings, (url) => url, digest)[0] === own
}

function trustIn({ authorities, signers }: RelayReportAnswer): { authorities: Uint8Array[]; signers: Uint8Array[] } {
  const [der, keys] = [authorities, signers].map((list) => list.map((one) => Buffer.from(one, 'base64')))
  return { authorities: der!, signers: keys! }
}

function reportOf(config: Config, url: string, relay: Relay, files: PieceFiles): RelayReport {
  const { sentToHostsBytes, sentToRelaysBytes, fetchedBytes, swarms, hosts } = relay.figures()
  const sentBytes = sentToHostsBytes + sentToRelaysBytes
  const figures = { cachedBytes: files.usedBytes, cacheMaxBytes: files.budgetBytes, sentBytes, fetchedBytes, swarms, hosts }
  return { url, dc: config.dc ?? '', version: VERSION, upstream: config.upstream ?? null, figures }
}

function piecesOf({ kept }: Identity): string {
  return kept?.pieces ?? `https://${formatAddress({ host: parseAddress(kept?.grpc ?? '')?.host ?? 'localhost', port: PIECES_PORT })}`
}

/** Nobody can dial the address that stands for all of a machine's. */
function reachable(host: string): string {
  return ['0.0.0.0', '::'].includes(host) ? hostname() : host
}
