/** Relays and origins for tests, over real HTTPS with real certificates; all of them end with the test. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { openRelay } from '../../../relay/relay.ts'
import type { Relay, RelayOptions, UpstreamSource } from '../../../relay/relay.ts'
import type { Source } from '../../../shared/distribution/offer.ts'
import { askAny, askPiece, askRoot } from '../../../shared/pieces/ask.ts'
import type { PieceAnswer, RootAnswer } from '../../../shared/pieces/ask.ts'
import type { Where } from '../../../shared/pieces/exchange.ts'
import { PieceFiles } from '../../../shared/pieces/files.ts'
import { Dialer } from '../../../shared/pieces/tls.ts'
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

export async function relayAt(
  site: Site, name: string, sources: () => readonly Source[], { files, ...more }: Partial<RelayOptions> & { files?: PieceFiles } & Partial<Pick<UpstreamSource, 'isMine'>> = {},
): Promise<Running & { files: PieceFiles }> {
  const credentials = await site.credentials(name, 'relay')
  const kept = files ?? await PieceFiles.open(await temporary(), 1024 ** 3)
  const relay = openRelay({
    credentials, grantKeys: site.grantKeys, source: { kind: 'upstream', files: kept, sources, isMine: more.isMine ?? (() => false) }, log: silent, ...more,
  })
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

async function patient<T extends { kind: string }>(ask: () => Promise<T | { kind: 'busy'; retryMs: number }>): Promise<Exclude<T, { kind: 'busy' }>> {
  for (;;) {
    const answer = await ask()
    if (answer.kind !== 'busy') return answer as Exclude<T, { kind: 'busy' }>
    await new Promise((resolve) => setTimeout(resolve, (answer as { retryMs: number }).retryMs))
  }
}
