/** Relays and origins for tests, over real HTTPS with real certificates; all of them end with the test. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { openRelay } from '../../../relay/relay.ts'
import type { Relay, RelayOptions, UpstreamSource } from '../../../relay/relay.ts'
import type { Source } from '../../../shared/distribution/offer.ts'
import { askAny, askPiece, askRoot } from '../../../shared/pieces/ask.ts'
import type { PieceAnswer, RootAnswer } from '../../../shared/pieces/ask.ts'
import type { Where } from '../../../shared/pieces/exchange.ts'
import { PieceFiles } from '../../../shared/pieces/files.ts'
import { pieceRoute } from '../../../shared/pieces/route.ts'
import { createPieceServer, Dialer } from '../../../shared/pieces/tls.ts'
import { Bitmap } from '../../../shared/swarm/bitmap.ts'
import type { Bundle, Site } from '../pieces/site.ts'

export const silent = pino({ level: 'silent' })

export type Running = { relay: Relay; source: Source; where: Where }

/** `piece` is asked whenever somebody wants one; a test may hold its answer back. */
export async function origin(site: Site, piece: (digest: string) => Promise<Buffer | null>, more: Partial<RelayOptions> = {}): Promise<Running> {
  const credentials = await site.coordinator()
  const relay = openRelay({ credentials, grantKeys: site.grantKeys, source: { kind: 'local', piece }, log: silent, ...more })
  return await running(relay, { kind: 'coordinator', name: 'coordinator' })
}

type RelayAt = Partial<RelayOptions> & { files?: PieceFiles } & Partial<Pick<UpstreamSource, 'isMine'>>

/** It fetches nothing of its own accord, unless `isMine` says so. */
export async function relayAt(
  site: Site, name: string, sources: () => readonly Source[], { files, isMine = () => false, ...more }: RelayAt = {},
): Promise<Running & { files: PieceFiles }> {
  const credentials = await site.credentials(name, 'relay')
  const kept = files ?? await PieceFiles.open(await temporary(), 1024 ** 3)
  const relay = openRelay({ credentials, grantKeys: site.grantKeys, source: { kind: 'upstream', files: kept, sources, isMine }, log: silent, ...more })
  return { ...await running(relay, { kind: 'relay', name }), files: kept }
}

async function running(relay: Relay, self: Pick<Source, 'kind' | 'name'>): Promise<Running> {
  onTestFinished(() => relay.close())
  const url = `https://127.0.0.1:${await relay.listen({ host: '127.0.0.1', port: 0 })}`
  const expected = self.kind === 'relay' ? { role: 'relay' as const, host: self.name } : { role: 'coordinator' as const }
  return { relay, source: { ...self, url }, where: { url, expected } }
}

export async function temporary(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-relay-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** A host that asks, until it is given something else than busy. */
export class Asking {
  readonly host: string
  readonly #dialer: Dialer
  readonly #grant: string
  readonly #bundle: Bundle

  private constructor(host: string, dialer: Dialer, grant: string, bundle: Bundle) {
    this.host = host
    this.#dialer = dialer
    this.#grant = grant
    this.#bundle = bundle
  }

  static async open(site: Site, host: string, bundle: Bundle, grant = site.grant(host, [bundle.root])): Promise<Asking> {
    const dialer = new Dialer(await site.credentials(host, 'agent'))
    onTestFinished(() => dialer.close())
    return new Asking(host, dialer, grant, bundle)
  }

  get dialer(): Dialer {
    return this.#dialer
  }

  get grant(): string {
    return this.#grant
  }

  once(where: Where, index: number, signal = new AbortController().signal, onBytes: (chunk: Buffer) => void = () => undefined): Promise<PieceAnswer> {
    const digest = this.#bundle.at[index]!
    const sizeBytes = this.#bundle.all.get(digest)!.length
    return askPiece(this.#dialer, where, this.#bundle.root, index, { digest, sizeBytes }, { grant: this.#grant, signal, stallMs: 10_000, onBytes })
  }

  piece(where: Where, index: number): Promise<Exclude<PieceAnswer, { kind: 'busy' }>> {
    return patient(() => this.once(where, index))
  }

  root(where: Where): Promise<Exclude<RootAnswer, { kind: 'busy' }>> {
    const { root } = this.#bundle
    return patient(() => askRoot(this.#dialer, where, root, null, { grant: this.#grant, signal: new AbortController().signal, stallMs: 10_000 }))
  }

  any(where: Where, wanted: Iterable<number>): Promise<Exclude<PieceAnswer, { kind: 'busy' }>> {
    const { at, all, root } = this.#bundle
    const pieceAt = (index: number) => ({ digest: at[index]!, sizeBytes: all.get(at[index]!)!.length })
    const options = { grant: this.#grant, signal: new AbortController().signal, stallMs: 10_000 }
    return patient(() => askAny(this.#dialer, where, root, Bitmap.of(at.length, wanted), pieceAt, options))
  }
}

/** Until it is another answer than busy; a machine under load may be slow to take up connections. */
async function patient<T extends { kind: string }>(ask: () => Promise<T>): Promise<Exclude<T, { kind: 'busy' }>> {
  for (;;) {
    const answer = await ask()
    if ('why' in answer && answer.why === 'unreachable') continue
    if (answer.kind !== 'busy') return answer as Exclude<T, { kind: 'busy' }>
    await delay((answer as unknown as { retryMs: number }).retryMs)
  }
}

/** An upstream that a test answers for, piece by piece. */
export async function upstream(site: Site, bundle: Bundle, answer: (index: number | null, response: ServerResponse, bytes: Buffer) => void): Promise<Source> {
  const server = createPieceServer(await site.coordinator(), (request, response) => {
    const route = pieceRoute(request.method, request.url)
    const index = route?.kind === 'piece' ? route.index : null
    const bytes = bundle.all.get(index === null ? bundle.root : bundle.at[index]!)!
    response.setHeader('content-length', bytes.length)
    answer(index, response, bytes)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { kind: 'coordinator', name: 'coordinator', url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
