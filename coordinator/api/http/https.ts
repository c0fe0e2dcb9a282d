/**
 * The server under the HTTP API: HTTPS alone. Owns the bounds on what a connection may cost before anybody knows who is at
 * its other end.
 */
import type { Server } from 'node:http'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import type { FastifyBaseLogger } from 'fastify'

/** Its key and certificate; `SNICallback`: another one for some names. */
export type HttpsOptions = Pick<SecureContextOptions, 'key' | 'cert'> & Pick<TlsOptions, 'SNICallback'>

/** A TLS handshake takes no longer. */
export const HANDSHAKE_WITHIN_MS = 10_000
/** Nor do the headers of a request; connections are looked at so often. */
export const HEADERS_WITHIN_MS = 20_000
export const LOOKED_AT_EVERY_MS = 5000
/** A request with its body, an upload included; sooner than the record of changes gives it up. */
export const REQUEST_WITHIN_MS = 3_600_000
/** A connection on which nothing moves is closed; streams of events say something more often. */
export const IDLE_MS = 120_000
/** Idle keep-alive connections are closed after this, so that a shutdown does not wait for them. */
export const KEEP_ALIVE_MS = 30_000
/** What comes beyond these is closed at once. Agents fetch packages here, too. */
export const MAX_CONNECTIONS = 10_000
/** Handshakes that failed are in the log at most so often. */
const FAILED_LOGGED_EVERY_MS = 1000

/** For Fastify. */
export function serverOptions(https: HttpsOptions) {
  const bounds = { headersTimeout: HEADERS_WITHIN_MS, connectionsCheckingInterval: LOOKED_AT_EVERY_MS }
  const secure = { minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'], handshakeTimeout: HANDSHAKE_WITHIN_MS } as const
  return {
    requestTimeout: REQUEST_WITHIN_MS, connectionTimeout: IDLE_MS, keepAliveTimeout: KEEP_ALIVE_MS, forceCloseConnections: true,
    http: bounds,
    https: { ...bounds, ...secure, ...https },
  }
}

/** To be called once, before the server listens. */
export function boundServer(server: Server, log: FastifyBaseLogger): void {
  server.maxConnections = MAX_CONNECTIONS
  let loggedAtMs = -Infinity
  // Plain HTTP comes out here as well: there is nobody who could be answered.
  server.on('tlsClientError', (err: Error) => {
    if (performance.now() - loggedAtMs < FAILED_LOGGED_EVERY_MS) return
    loggedAtMs = performance.now()
    log.debug({ err }, 'a TLS handshake failed')
  })
}
