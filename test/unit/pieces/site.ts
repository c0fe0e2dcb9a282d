/** A site for tests of pieces: real keys, machines with certificates, grants, and swarms whose pieces are made up. */
import { createHash, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { coordinatorCertificate } from '../../../coordinator/adapters/keys/authority.ts'
import { encodeJson, encodeManifest, encodePage, pagesOf, pieceOf } from '../../../shared/distribution/manifest-codec.ts'
import type { Pack } from '../../../shared/distribution/manifest.ts'
import { certificatesIn, pemOf } from '../../../shared/identity/pem.ts'
import type { MachineRole } from '../../../shared/identity/names.ts'
import { signerKeys } from '../../../shared/identity/signer-keys.ts'
import type { ArtifactGrant } from '../../../shared/artifact-grant.ts'
import type { Credentials, LiveCredentials } from '../../../shared/pieces/credentials.ts'
import { machine, testKeys } from '../../keys.ts'
import type { Keys } from '../../keys.ts'

export const HOUR_MS = 3_600_000

/** Credentials that a test can change. */
export class Changing implements LiveCredentials {
  #now: Credentials | null
  readonly #listeners = new Set<() => void>()

  constructor(now: Credentials | null) {
    this.#now = now
  }

  now(): Credentials | null {
    return this.#now
  }

  onChange(changed: () => void): () => void {
    this.#listeners.add(changed)
    return () => void this.#listeners.delete(changed)
  }

  set(to: Credentials | null): void {
    this.#now = to
    for (const listener of this.#listeners) listener()
  }
}

export class Site {
  readonly keys: Keys

  private constructor(keys: Keys) {
    this.keys = keys
  }

  static async open(keys?: Keys): Promise<Site> {
    return new Site(keys ?? await testKeys())
  }

  get authorities(): string[] {
    return certificatesIn(pemOf(this.keys.authority.trust().authorities)).map(String)
  }

  async credentials(host: string, role: MachineRole): Promise<Changing> {
    const { key, certificate } = await machine(this.keys, host, role)
    return new Changing({ key, chain: certificate, authorities: this.authorities })
  }

  async coordinator(): Promise<Changing> {
    const { key, certificate } = await coordinatorCertificate(this.keys.keyring.issuer, {}, Date.now())
    return new Changing({ key, chain: certificate, authorities: this.authorities })
  }

  grantKeys = (nowMs: number): Map<string, KeyObject> => signerKeys(this.keys.authority.trust(), 'orders', nowMs)

  grant(host: string, roots: string[], more: Partial<ArtifactGrant> = {}): string {
    const digest = createHash('sha256').update('artifact').digest('hex')
    return this.keys.signer.grantArtifact({ host, digest, dc: 'fra', roots, expiresAtMs: Date.now() + HOUR_MS, ...more })
  }
}

/** A swarm as an origin has it. `at`: by number; the root is not among them. */
export type Bundle = { root: string; all: Map<string, Buffer>; at: string[] }

/** A manifest with packs of random bytes, which nobody can take apart. */
export async function bundleOf(packs: number, sizeBytes: number): Promise<Bundle> {
  const bodies = Array.from({ length: packs }, () => randomBytes(sizeBytes))
  const described = bodies.map((bytes): Pack => ({ ...pieceOf(bytes), chunks: [pieceOf(bytes)] }))
  const pages = await Promise.all(pagesOf(described).map(encodePage))
  const root = await encodeManifest({
    version: 1, artifact: { digest: pieceOf(Buffer.from('a')).digest, sizeBytes: 1, entries: 1 }, layoutBytes: 0, contentBytes: packs * sizeBytes, packs,
    packBytes: packs * sizeBytes, pages: pages.map(pieceOf),
  })
  const at = [...pages, ...bodies].map((bytes) => pieceOf(bytes).digest)
  return { root: pieceOf(root).digest, all: new Map([root, ...pages, ...bodies].map((bytes) => [pieceOf(bytes).digest, bytes])), at }
}

/** A delta's root and parts. */
export async function deltaOf(parts: number, sizeBytes: number): Promise<Bundle> {
  const bodies = Array.from({ length: parts }, () => randomBytes(sizeBytes))
  const digest = pieceOf(Buffer.from('a')).digest
  const root = await encodeJson({
    version: 1, base: digest, artifact: { digest, sizeBytes: 1, entries: 1 }, layoutBytes: 0, contentBytes: 0, parts: bodies.map(pieceOf),
  })
  const all = new Map([root, ...bodies].map((bytes) => [pieceOf(bytes).digest, bytes]))
  return { root: pieceOf(root).digest, all, at: bodies.map((one) => pieceOf(one).digest) }
}
