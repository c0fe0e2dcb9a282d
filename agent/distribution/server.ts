/**
 * Gives pieces to other hosts of this datacenter. Owns that a piece goes only to who holds a grant for it and is of the same datacenter, that nothing is
 * given out that has not been verified here, and that this never costs the host what it is there for.
 */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { HAVE_HEADER, NEWS_BEAT_MS, NEWS_MAX_BYTES, NEWS_MAX_MS, PIECE_HEADER, RETRY_HEADER } from '../../shared/distribution/protocol.ts'
import { problem } from '../../shared/errors.ts'
import { endOnArrival } from '../../shared/pieces/arrival.ts'
import { closed } from '../../shared/pieces/closed.ts'
import { Gate } from '../../shared/pieces/gate.ts'
import type { Place } from '../../shared/pieces/gate.ts'
import { REFUSALS } from '../../shared/pieces/leave.ts'
import type { Leave } from '../../shared/pieces/leave.ts'
import type { LiveCredentials } from '../../shared/pieces/credentials.ts'
import { pieceRoute } from '../../shared/pieces/route.ts'
import { createPieceServer, peerOf } from '../../shared/pieces/tls.ts'
import { Pace } from '../../shared/swarm/pace.ts'
import { HOST_LIMITS } from '../../shared/swarm/upload.ts'
import type { Peers } from '../config.ts'
import type { Swarm } from './swarm.ts'

export type ServerOptions = {
  credentials: LiveCredentials
  leave: Leave
  /** In which datacenter this host is, as its own grants say; null: not known yet, so nobody is served. */
  dc: () => string | null
  swarm: (root: string) => Swarm | null
  /** Null: it is not here any more. */
  read: (digest: string) => Promise<Buffer | null>
  /** The host has something better to do. */
  isBusy: () => boolean
  /** Infinity: no cap. */
  bytesPerSecond: number
}

const WRITE_BYTES = 64 * 1024
/** Under a cap: whoever waits for a piece hears often enough that it goes on. */
const WRITES_PER_S = 8

export class PieceServer {
  readonly #options: ServerOptions
  readonly #server: Server
  readonly #gate = new Gate(HOST_LIMITS)
  readonly #pace: Pace
  readonly #writeBytes: number
  #port: number | null = null

  constructor(options: ServerOptions) {
    this.#options = options
    this.#pace = new Pace(options.bytesPerSecond, performance.now())
    this.#writeBytes = Math.min(WRITE_BYTES, Math.ceil(options.bytesPerSecond / WRITES_PER_S))
    this.#server = createPieceServer(options.credentials, (request, response) => void this.#answer(request, response))
  }

  /** Answers the port. @throws MusterError config_invalid when nothing can listen there */
  async listen({ host, port, otherwise }: Peers): Promise<number> {
    try {
      await once(this.#server.listen(port, host), 'listening')
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && otherwise === 'any-port') return await this.listen({ host, port: 0, otherwise: 'fail' })
      throw problem('config_invalid', `--peers: ${message}`, { field: '--peers', expected: 'an address of this host and a free port, or off' })
    }
    this.#port = (this.#server.address() as AddressInfo).port
    return this.#port
  }

  /** Null: it does not listen. */
  get port(): number | null {
    return this.#port
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  /** Never rejects. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined)
    try {
      await this.#route(request, response)
    } catch {
      response.destroy()
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { leave, dc, swarm: find } = this.#options
    const route = pieceRoute(request.method, request.url)
    const peer = peerOf(request.socket)
    const here = dc()
    if (route === null || here === null) return end(response, 404)
    const verdict = leave.judge(request.headers.authorization, peer, route.root, here, Date.now())
    if (!verdict.granted) return refuse(response, REFUSALS[verdict.why])
    const swarm = find(route.root)
    if (swarm === null) return end(response, 404)
    const said = headerOf(request, HAVE_HEADER)
    switch (route.kind) {
      case 'root':
        return await this.#give(verdict.grant.host, swarm.root, response, {})
      case 'piece': {
        swarm.heard(verdict.grant.host, said)
        const piece = swarm.held(route.index)
        const headers = { [HAVE_HEADER]: swarm.have, [PIECE_HEADER]: String(route.index) }
        return piece === null ? end(response, 404, headers) : await this.#give(verdict.grant.host, piece.digest, response, headers)
      }
      case 'have':
        return await tellNews(swarm, response)
      case 'any':
      case 'announce':
        return end(response, 404)
      default:
        return route satisfies never
    }
  }

  async #give(peer: string, digest: string, response: ServerResponse, headers: Record<string, string>): Promise<void> {
    this.#gate.busyWithOther(this.#options.isBusy())
    const place = this.#gate.admit(peer, () => response.destroy())
    if (typeof place === 'number') return end(response, 503, { ...headers, [RETRY_HEADER]: String(place) })
    const gone = closed(response)
    gone.addEventListener('abort', place.end, { once: true })
    try {
      await place.turn
      const bytes = gone.aborted ? null : await this.#options.read(digest)
      if (bytes === null) return end(response, 404, headers)
      response.writeHead(200, { ...headers, 'content-length': bytes.length })
      await this.#send(bytes, response, place, gone)
    } finally {
      place.end()
    }
  }

  async #send(bytes: Buffer, response: ServerResponse, place: Place, gone: AbortSignal): Promise<void> {
    for (let at = 0; at < bytes.length; at += this.#writeBytes) {
      const part = bytes.subarray(at, at + this.#writeBytes)
      const waitMs = this.#pace.take(part.length, performance.now())
      if (waitMs > 0) {
        place.sent(waitMs)
        await delay(waitMs, undefined, { signal: gone })
      }
      if (!response.write(part)) await once(response, 'drain', { signal: gone })
      place.sent()
    }
    await endOnArrival(response, gone)
  }
}

/** Lines of what is here, as it becomes more, until nobody listens or it has been long enough. */
async function tellNews(swarm: Swarm, response: ServerResponse): Promise<void> {
  const signal = AbortSignal.any([closed(response), AbortSignal.timeout(NEWS_MAX_MS)])
  response.writeHead(200, { 'content-type': 'text/plain' })
  let bytes = 0
  for await (const news of swarm.news(NEWS_BEAT_MS, signal)) {
    const line = `${news ?? ''}\n`
    bytes += line.length
    // who takes nothing of it has the next one to catch up with, not all of them
    if (bytes > NEWS_MAX_BYTES || !response.write(line)) break
  }
  response.end()
}

function headerOf(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name]
  return typeof value === 'string' ? value : null
}

function end(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, 'content-length': 0 }).end()
}

function refuse(response: ServerResponse, message: string): void {
  const body = JSON.stringify({ error: { code: 'grant_refused', message } })
  response.writeHead(403, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
}
