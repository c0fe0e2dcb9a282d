/** A real HTTPS server with packages, which answers ranges and misbehaves on demand. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Artifact } from '../../../shared/command.ts'
import { sha256, tar } from '../artifacts/tar-fixture.ts'
import type { FixtureEntry } from '../artifacts/tar-fixture.ts'
import { testKeys } from '../../keys.ts'
import { shownBy } from '../machine/shown.ts'

const shown = await shownBy(await testKeys())

export class ArtifactServer {
  readonly requests: { digest: string; range: string | undefined }[] = []
  /** Answers instead of the server while it returns true. */
  intercept: (request: IncomingMessage, response: ServerResponse, body: Buffer | undefined) => boolean = () => false
  readonly #packages = new Map<string, Buffer>()
  readonly #server: Server = createServer(shown, (request, response) => this.#serve(request, response))

  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/artifacts`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  bytes(digest: string): Buffer {
    const bytes = this.#packages.get(digest)
    if (!bytes) throw new Error(`there is no package ${digest}`)
    return bytes
  }

  add(bytes: Buffer, entries: number): Artifact {
    const digest = sha256(bytes)
    this.#packages.set(digest, bytes)
    return { digest, sizeBytes: bytes.length, entries }
  }

  pack(entries: FixtureEntry[]): Artifact {
    return this.add(tar(entries), entries.length)
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const digest = request.url?.split('/').at(-1) ?? ''
    this.requests.push({ digest, range: request.headers.range })
    const body = this.#packages.get(digest)
    if (this.intercept(request, response, body)) return
    if (!body) return void response.writeHead(404).end()
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length - start }).end(body.subarray(start))
  }
}
