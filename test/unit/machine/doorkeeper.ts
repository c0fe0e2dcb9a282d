/** A coordinator's HTTPS edge as far as a machine that enrols can tell: the real authority behind a real TLS server that can be told to misbehave. */
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { authorityWith, MACHINE_VALID_MS } from '../../../coordinator/adapters/keys/authority.ts'
import { MusterError, problem } from '../../../shared/errors.ts'
import type { ErrorCode } from '../../../shared/errors.ts'
import { machineIn } from '../../../shared/identity/names.ts'
import type { MachineRole } from '../../../shared/identity/names.ts'
import { pinOfKey } from '../../../shared/identity/pin.ts'
import { pemOf } from '../../../shared/identity/pem.ts'
import { formatJoinToken } from '../../../shared/identity/join-token.ts'
import type { JoinToken } from '../../../shared/identity/join-token.ts'
import type { Keys } from '../../keys.ts'
import { shownBy } from './shown.ts'

type Asked = { path: string; body: Record<string, string> }

export class Doorkeeper {
  /** Every request whose body arrived. */
  readonly asked: Asked[] = []
  /** Bytes of requests, whether or not they were whole. */
  heardBytes = 0
  /** Refuses everything with this; null: nothing. */
  refusing: ErrorCode | null = null
  /** How many answers are lost on their way. */
  losing = 0
  validMs = MACHINE_VALID_MS
  /** Whom it tells machines to trust, besides its own authority. */
  alsoTrusted: Uint8Array[] = []
  grpc = '127.0.0.1:1'
  #keys: Keys
  readonly #server: Server
  #waiting: (() => void)[] = []

  private constructor(keys: Keys, server: Server) {
    this.#keys = keys
    this.#server = server
    server.on('request', (request, response) => void this.#serve(request, response))
  }

  static async open(keys: Keys, port = 0): Promise<Doorkeeper> {
    const server = createServer(await shownBy(keys))
    await once(server.listen(port, '127.0.0.1'), 'listening')
    return new Doorkeeper(keys, server)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`
  }

  token(more: Partial<JoinToken> = {}): JoinToken {
    return { url: this.url, pin: this.#keys.authority.pin, id: 'one', secret: 'the-secret', ...more }
  }

  /** As it is given to an agent. */
  written(more: Partial<JoinToken> = {}): string {
    return formatJoinToken(this.token(more))
  }

  /** From now on this authority issues. */
  async issueBy(keys: Keys): Promise<void> {
    this.alsoTrusted = [...this.alsoTrusted, ...this.#keys.authority.trust().authorities]
    this.#keys = keys
    this.#server.setSecureContext(await shownBy(keys))
  }

  /** Resolves when so many have asked that. */
  async heard(path: 'enrol' | 'renew', count: number): Promise<Asked[]> {
    for (;;) {
      const found = this.asked.filter((one) => one.path === `/v1/identity/${path}`)
      if (found.length >= count) return found
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('data', (chunk: Buffer) => (this.heardBytes += chunk.length))
    const body = JSON.parse(await text(request)) as Record<string, string>
    const answer = await this.#answer(request.url ?? '', body).catch((error: unknown) => error as Error)
    this.asked.push({ path: request.url ?? '', body })
    for (const wake of this.#waiting.splice(0)) wake()
    if (this.losing > 0) {
      this.losing -= 1
      return void response.destroy()
    }
    if (answer instanceof MusterError) return void response.writeHead(401).end(JSON.stringify({ error: answer.problem }))
    if (answer instanceof Error) return void response.writeHead(500).end(String(answer))
    response.end(JSON.stringify(answer))
  }

  async #answer(path: string, { request, role, host, certificate }: Record<string, string>): Promise<unknown> {
    if (this.refusing !== null) throw problem(this.refusing, `refused: ${this.refusing}`)
    const authority = authorityWith(this.#keys.keyring, this.validMs)
    const holder = path.endsWith('renew') ? new X509Certificate(certificate!) : null
    const self = holder === null ? { role: role as MachineRole, host: host! } : machineIn(holder.subjectAltName)!
    const issued = await authority.issue(request!, self, Date.now())
    if (holder && pinOfKey(holder.publicKey) !== issued.keyPin) throw problem('csr_invalid', 'another key')
    return { certificate: issued.certificate, authorities: pemOf([...authority.trust().authorities, ...this.alsoTrusted]), grpc: this.grpc }
  }
}
