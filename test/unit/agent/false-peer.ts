/** A host of the swarm, with a certificate and a grant, that says it has everything and gives nothing that is right. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Artifact } from '../../../shared/command.ts'
import { announce, whereIs } from '../../../shared/pieces/ask.ts'
import { pieceRoute } from '../../../shared/pieces/route.ts'
import { createPieceServer, Dialer } from '../../../shared/pieces/tls.ts'
import { Bitmap } from '../../../shared/swarm/bitmap.ts'
import type { SwarmSite } from './swarm-site.ts'

/** More than any swarm of these tests has; what is beyond is passed over. */
const EVERYTHING = Bitmap.full(4096).encode()

type Fault = 'garbage' | 'dying' | 'silent'

let peers = 0

export class FalsePeer {
  readonly name: string
  readonly #fault: Fault
  /** How often it was asked for a piece. */
  asked = 0

  private constructor(name: string, fault: Fault) {
    this.name = name
    this.#fault = fault
  }

  /** Announces itself once; that is enough for the length of a test. */
  static async join(site: SwarmSite, artifact: Artifact, fault: Fault): Promise<FalsePeer> {
    peers += 1
    const peer = new FalsePeer(`false-${peers}`, fault)
    const credentials = await site.site.credentials(peer.name, 'agent')
    const server = createPieceServer(credentials, (request, response) => peer.#answer(request.url, request.method, response))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const dialer = new Dialer(credentials)
    onTestFinished(() => {
      dialer.close()
      server.close()
      server.closeAllConnections()
    })
    const { grant, manifest } = await site.granted(peer.name, artifact.digest, [])
    const announcement = { port: (server.address() as AddressInfo).port, rack: 'r1', have: EVERYTHING, starving: false }
    const options = { grant, signal: new AbortController().signal, stallMs: 10_000 }
    const answer = await announce(dialer, whereIs(site.sources[0]!), manifest.digest, announcement, options)
    if (answer.kind !== 'announced') throw new Error(`the tracker answers ${JSON.stringify(answer)}`)
    return peer
  }

  #answer(url: string | undefined, method: string | undefined, response: ServerResponse): void {
    const route = pieceRoute(method, url)
    if (route?.kind === 'have') return void response.writeHead(200).write(`${EVERYTHING}\n`)
    this.asked += 1
    switch (this.#fault) {
      case 'garbage':
        // however long it is: what is too short or too long is as wrong
        return void response.writeHead(200, { 'content-length': 1000 }).end(Buffer.alloc(1000))
      case 'dying':
        response.writeHead(200, { 'content-length': 50_000 }).write(Buffer.alloc(1000))
        setImmediate(() => response.destroy())
        return
      case 'silent':
        return
      default:
        this.#fault satisfies never
    }
  }
}
