/** A coordinator's piece port with a real store, and the agents' own parts that fetch from it over real HTTPS. All of it ends with the test. */
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { Grants } from '../../../agent/grants.ts'
import type { InUse } from '../../../agent/distribution/pins.ts'
import { openSharing } from '../../../agent/sharing.ts'
import type { Sharing, SharingOptions } from '../../../agent/sharing.ts'
import { openRelay } from '../../../relay/relay.ts'
import type { Relay } from '../../../relay/relay.ts'
import { GRANT_VALID_MS } from '../../../shared/artifact-grant.ts'
import type { Artifact } from '../../../shared/command.ts'
import type { Source, Transfer } from '../../../shared/distribution/offer.ts'
import type { GrantedArtifact } from '../../../shared/message.ts'
import { openStore, put } from '../artifacts/store-fixture.ts'
import type { TestStore } from '../artifacts/store-fixture.ts'
import { Site } from '../pieces/site.ts'

const DC = 'fra'
const silent = pino({ level: 'silent' })

export class SwarmSite {
  readonly site: Site
  readonly #store: TestStore
  readonly #relay: Relay
  readonly #source: Source
  /** Digests of pieces that have left the origin, once for each time. */
  readonly given: string[] = []
  /** What the origin is told to give instead of a piece, or to wait for, until the test is over. */
  intercept: (digest: string) => Promise<Uint8Array | null | undefined> = () => Promise.resolve(undefined)
  #hosts = 0

  private constructor(site: Site, store: TestStore, relay: Relay, source: Source) {
    this.site = site
    this.#store = store
    this.#relay = relay
    this.#source = source
  }

  static async open(): Promise<SwarmSite> {
    const site = await Site.open()
    const store = await openStore()
    const over = Promise.withResolvers<null>()
    const piece = async (digest: string): Promise<Uint8Array | null> => {
      const instead = await Promise.race([opened.intercept(digest), over.promise])
      const bytes = instead === undefined ? await store.artifacts.piece(digest) : instead
      if (bytes !== null) opened.given.push(digest)
      return bytes
    }
    const relay = openRelay({ credentials: await site.coordinator(), grantKeys: site.grantKeys, source: { kind: 'local', piece }, log: silent })
    onTestFinished(async () => {
      over.resolve(null)
      await relay.close()
      await store.close()
    })
    const port = await relay.listen({ host: '127.0.0.1', port: 0 })
    const opened = new SwarmSite(site, store, relay, { kind: 'coordinator', name: 'coordinator', url: `https://127.0.0.1:${port}` })
    return opened
  }

  /** Of swarms that it knows, and who has announced himself in them. */
  get members(): number {
    return this.#relay.figures().hosts
  }

  get sentBytes(): number {
    return this.#relay.figures().sentToHostsBytes
  }

  async put(tar: Buffer): Promise<Artifact> {
    return await put(this.#store.store, tar, 1024 * 1024)
  }

  async piece(digest: string): Promise<Buffer> {
    return Buffer.from((await this.#store.artifacts.piece(digest))!)
  }

  /** Makes the difference between two artifacts, and answers what would be offered. */
  async delta(base: Artifact, next: Artifact): Promise<NonNullable<GrantedArtifact['delta']>> {
    const delta = await this.#store.artifacts.makeDelta(base.digest, next.digest, new AbortController().signal)
    if (!delta) throw new Error('there is no difference that would be worth it')
    return delta
  }

  /** As a coordinator answers who asks for leave. */
  async granted(host: string, digest: string, bases: readonly string[], dc = DC): Promise<GrantedArtifact> {
    const manifest = await this.#store.artifacts.manifest(digest)
    if (!manifest) throw new Error(`the store does not have ${digest}`)
    const deltas = await Promise.all(bases.map((base) => this.#store.artifacts.delta(base, digest)))
    const delta = deltas.find((one) => one !== null) ?? null
    const expiresAtMs = Date.now() + GRANT_VALID_MS
    const roots = [manifest, delta?.root].flatMap((root) => root?.digest ?? [])
    return { digest, expiresAtMs, grant: this.site.keys.signer.grantArtifact({ host, digest, dc, roots, expiresAtMs }), manifest, delta }
  }

  async host(more: HostOptions = {}): Promise<TestPeer> {
    this.#hosts += 1
    return await TestPeer.open(this, `h${this.#hosts}`, more)
  }

  get sources(): Source[] {
    return [this.#source]
  }
}

export type HostOptions = { dir?: string; name?: string; dc?: string; cache?: number; upload?: number; inUse?: () => InUse; isDeploying?: () => boolean; sources?: () => Source[]; log?: SharingOptions['log'] }

/** What an agent has of distribution, without its session. */
export class TestPeer {
  readonly name: string
  readonly dir: string
  readonly sharing: Sharing
  readonly grants: Grants
  /** The last that was said of a fetch. */
  transfer: Transfer | null = null
  readonly #progress = new EventEmitter()

  private constructor(name: string, dir: string, sharing: Sharing, grants: Grants) {
    this.name = name
    this.dir = dir
    this.sharing = sharing
    this.grants = grants
  }

  static async open(origin: SwarmSite, given: string, { dir, name = given, dc, cache = 1024 ** 3, upload, inUse, isDeploying, sources, log = silent }: HostOptions): Promise<TestPeer> {
    const at = dir ?? (await temporary())
    const grants: Grants = new Grants((message) => {
      if (message.kind !== 'grants-wanted') return false
      const { id, bases } = message
      const answer = async (): Promise<void> => grants.take(id, [await origin.granted(name, id, bases, dc)], sources?.() ?? origin.sources)
      void answer()
      return true
    }, (service) => sharing.distribution.basesFor(service))
    const sharing = await openSharing({
      config: {
        'data-dir': at, labels: { rack: 'r1' }, cache, peers: { host: '127.0.0.1', port: 0, otherwise: 'fail' }, 'peer-address': undefined, upload, download: undefined,
      },
      credentials: await origin.site.credentials(name, 'agent'), grantKeys: origin.site.grantKeys, grants,
      inUse: inUse ?? (() => ({ current: [], previous: [] })), isDeploying: isDeploying ?? (() => false), log,
    })
    onTestFinished(() => sharing.close())
    return new TestPeer(name, at, sharing, grants)
  }

  /** The command's id is the artifact's digest here: what is asked leave for. */
  async fetch(artifact: Artifact, signal = new AbortController().signal): Promise<void> {
    const options = {
      signal, pace: null,
      onProgress: (transfer: Transfer) => {
        this.transfer = transfer
        this.#progress.emit('progress')
      },
    }
    await this.sharing.distribution.fetch(artifact, { id: artifact.digest, service: 'web' }, options)
  }

  /** The artifact as it would be unpacked. */
  async tar(artifact: Artifact, service = 'web'): Promise<Buffer> {
    const options = { signal: new AbortController().signal, pace: null, onProgress: () => undefined }
    const unpacked: Buffer[] = []
    await this.sharing.distribution.unpack(artifact, { id: artifact.digest, service }, options, async (tar) => {
      for await (const bytes of tar()) unpacked.push(bytes)
    })
    return Buffer.concat(unpacked)
  }

  /** Resolves when so many bytes have come of the fetch that is under way. */
  async got(bytes: number): Promise<void> {
    const come = ({ fromPeersBytes, fromRelayBytes, fromOriginBytes }: Transfer): number => fromPeersBytes + fromRelayBytes + fromOriginBytes
    while (this.transfer === null || come(this.transfer) < bytes) await once(this.#progress, 'progress')
  }
}

async function temporary(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-peer-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}
