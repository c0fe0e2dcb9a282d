/**
 * TLS between machines that exchange pieces: 1.3, a certificate of a trusted authority at both ends, and nothing resumed, so that every connection shows
 * its certificate. Owns that what is shown and trusted follows changes without dropping a connection, and who it is that somebody dials or lets in.
 */
import { constants } from 'node:crypto'
import { Agent, createServer } from 'node:https'
import type { AgentOptions, RequestOptions, Server } from 'node:https'
import { Agent as HttpAgent } from 'node:http'
import type { RequestListener } from 'node:http'
import type { Duplex } from 'node:stream'
import { checkServerIdentity, createSecureContext, TLSSocket } from 'node:tls'
import type { PeerCertificate, SecureContext, SecureContextOptions } from 'node:tls'
import { COORDINATOR_NAME, machineIn } from '../identity/names.ts'
import type { Machine } from '../identity/names.ts'
import { pinOfKey } from '../identity/pin.ts'
import type { Pin } from '../identity/pin.ts'
import type { Credentials, LiveCredentials } from './credentials.ts'

/** Who is to answer. `upstream`: a coordinator or any relay. */
export type Expected = Machine | { role: 'coordinator' } | { role: 'upstream' }

/** Whoever shows a verified certificate. `keyPin`: of its key. Milliseconds since the epoch. */
export type Peer = Machine & { keyPin: Pin; expiresAtMs: number }

/** Machines are not told apart by SNI: some have names that look like addresses, which SNI does not take. */
const PIECES_NAME = 'pieces.muster.internal'
const HANDSHAKE_WITHIN_MS = 10_000
const HEAD_WITHIN_MS = 60_000
/** A request for a piece is open while the piece goes out, under a cap for long; whoever takes nothing of it is broken off much sooner. */
const REQUEST_WITHIN_MS = 60 * 60_000
/** Hosts announce themselves more often. */
const IDLE_CONNECTION_MS = 30_000
/** A grant, and a bitmap of 65,536 pieces in base64url. */
const MAX_HEADER_BYTES = 32 * 1024
/** A fleet in one datacenter, each with a few. */
const MAX_CONNECTIONS = 16_384

/** Not listening yet. */
export function createPieceServer(credentials: LiveCredentials, answer: RequestListener): Server {
  let context = serverContext(credentials.now())
  const server = createServer({
    ...serverOptions(credentials.now()),
    requestCert: true, rejectUnauthorized: true, noDelay: true,
    handshakeTimeout: HANDSHAKE_WITHIN_MS, headersTimeout: HEAD_WITHIN_MS, requestTimeout: REQUEST_WITHIN_MS,
    maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: IDLE_CONNECTION_MS,
    // a server's main context cannot be told to trust an intermediate authority alone
    SNICallback: (_name, done) => done(null, context),
  }, (request, response) => {
    // it breaks with its connection, whoever waits for its end at that moment; the answer is closed then, which everybody looks at
    request.on('error', () => undefined)
    answer(request, response)
  })
  server.maxConnections = MAX_CONNECTIONS
  const forget = credentials.onChange(() => {
    context = serverContext(credentials.now())
    server.setSecureContext(serverOptions(credentials.now()))
  })
  server.once('close', forget)
  return server
}

const peers = new WeakMap<object, Peer | null>()

/** Who is at the other end of a connection that `createPieceServer` has let in; null: no machine. */
export function peerOf(socket: object): Peer | null {
  const known = peers.get(socket)
  if (known !== undefined) return known
  const certificate = socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined
  const machine = machineIn(certificate?.subjectAltName)
  const peer = machine && certificate ? { ...machine, keyPin: pinOfKey(certificate.publicKey), expiresAtMs: certificate.validToDate.getTime() } : null
  peers.set(socket, peer)
  return peer
}

/** Connections to machines, which are kept and used again by whoever expects the same one there. */
export class Dialer {
  readonly #credentials: LiveCredentials
  readonly #agent: Pool
  readonly #forget: () => void
  #context: SecureContext | null
  #generation = 0

  constructor(credentials: LiveCredentials) {
    this.#credentials = credentials
    // nothing is resumed, and more than what is kept for a next request is not held
    this.#agent = new Pool({ keepAlive: true, maxCachedSessions: 0, maxFreeSockets: 4 })
    this.#context = clientContext(credentials.now())
    this.#forget = credentials.onChange(() => {
      this.#context = clientContext(this.#credentials.now())
      this.#generation += 1
    })
  }

  /** For `request` of node:https; null: nothing proves yet who this machine is. */
  options(expected: Expected): RequestOptions | null {
    if (this.#context === null) return null
    const pool = `${this.#generation}/${expected.role}/${'host' in expected ? expected.host : ''}`
    const options: RequestOptions & { pool: string; secureContext: SecureContext } = {
      agent: this.#agent, pool, secureContext: this.#context, servername: PIECES_NAME, maxHeaderSize: MAX_HEADER_BYTES,
      checkServerIdentity: (_name, certificate) => strangerness(expected, certificate),
    }
    return options
  }

  /** Ends all connections, also those in use. */
  close(): void {
    this.#forget()
    this.#agent.destroy()
  }
}

/** Told apart by address and by who is expected there, and not, as Node does, by keys and certificates in full. */
class Pool extends Agent {
  override getName({ host, port, pool }: AgentOptions & { pool?: string } = {}): string {
    return `${host}:${port}:${pool}`
  }

  /** Node keeps no connection whose request brings a check of its own of who is there. Here that is part of the name, so the next request has the same. */
  override keepSocketAlive(socket: Duplex): void {
    return HttpAgent.prototype.keepSocketAlive.call(this, socket)
  }
}

/** Undefined: it is the one. */
function strangerness(expected: Expected, certificate: PeerCertificate): Error | undefined {
  const isCoordinator = checkServerIdentity(COORDINATOR_NAME, certificate) === undefined
  if (isCoordinator && (expected.role === 'coordinator' || expected.role === 'upstream')) return undefined
  const machine = machineIn(certificate.subjectaltname)
  if (machine?.role === 'relay' && expected.role === 'upstream') return undefined
  if (machine !== null && 'host' in expected && machine.role === expected.role && machine.host === expected.host) return undefined
  const shown = machine === null ? (isCoordinator ? 'a coordinator' : 'no machine') : `the ${machine.role} ${machine.host}`
  const wanted = 'host' in expected ? `${expected.role} ${expected.host}` : expected.role
  const error: NodeJS.ErrnoException = new Error(`whoever answers is ${shown}, not the ${wanted}`)
  error.code = 'ERR_TLS_CERT_ALTNAME_INVALID'
  return error
}

function clientContext(credentials: Credentials | null): SecureContext | null {
  return credentials && createSecureContext({ ...optionsOf(credentials), allowPartialTrustChain: true })
}

function serverContext(credentials: Credentials | null): SecureContext {
  return createSecureContext({ ...serverOptions(credentials), allowPartialTrustChain: true })
}

/** Without credentials nobody can be let in: there is no certificate to show. */
function serverOptions(credentials: Credentials | null): SecureContextOptions {
  return credentials === null ? { minVersion: 'TLSv1.3' } : { ...optionsOf(credentials), secureOptions: constants.SSL_OP_NO_TICKET }
}

function optionsOf({ key, chain, authorities }: Credentials): SecureContextOptions {
  return { key, cert: chain, ca: [...authorities], minVersion: 'TLSv1.3' }
}
