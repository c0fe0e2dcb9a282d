/**
 * What a host may fetch of an artifact: the root of its manifest, and the difference to something that the host holds. Owns that ten thousand hosts
 * which ask at once ask the store once, and that nobody waits long for a difference that has yet to be made.
 */
import type { OfferedDelta } from '../../../shared/distribution/offer.ts'
import type { Piece } from '../../../shared/distribution/piece.ts'
import type { Catalogue } from '../ports/catalogue.ts'
import type { PieceStore } from '../ports/pieces.ts'
import { Remembered } from './remembered.ts'

/** For a difference that is being made; it is ready for those who ask later. */
export const DELTA_WITHIN_MS = 5000
/** Roots and differences never change; what is not there yet may come. */
export const OFFERS_REMEMBERED_MS = 10_000
export const MAX_REMEMBERED_OFFERS = 10_000
/** Of all that a host holds, the releases nearest to the one that it wants. */
export const MAX_BASES_TRIED = 4

export type Packaged = 'srv' | 'cmd'
/** `bases`: artifacts that the host says it holds. */
export type Wanted = { service: string; packaged: Packaged; digest: string; bases: readonly string[] }
export type Offer = { manifest: Piece; delta: OfferedDelta | null }

type OfferPorts = { pieces: Pick<PieceStore, 'manifest' | 'delta' | 'makeDelta'>; catalogue: Pick<Catalogue, 'releases'> }
/** Digests of both packages of each release of a service, the latest first. */
type Lineage = Record<Packaged, string[]>

export class Offers {
  readonly #manifests: Remembered<Piece | null>
  readonly #made: Remembered<OfferedDelta | null>
  readonly #there: Remembered<OfferedDelta | null>
  readonly #lineages: Remembered<Lineage>

  constructor({ pieces, catalogue }: OfferPorts) {
    const options = { forMs: OFFERS_REMEMBERED_MS, atMost: MAX_REMEMBERED_OFFERS }
    this.#manifests = new Remembered((digest) => pieces.manifest(digest), options)
    this.#there = new Remembered((pair) => pieces.delta(...ofPair(pair)), options)
    this.#made = new Remembered(async (pair) =>
      await pieces.delta(...ofPair(pair)) ?? pieces.makeDelta(...ofPair(pair), AbortSignal.timeout(DELTA_WITHIN_MS)), options)
    this.#lineages = new Remembered(async (service) => lineageOf(await catalogue.releases(service)), options)
  }

  /** Null: the store does not have it. @throws MusterError unavailable */
  async of({ service, packaged, digest, bases }: Wanted): Promise<Offer | null> {
    const [manifest, lineage] = await Promise.all([this.#manifests.get(digest), this.#lineages.get(service)])
    if (manifest === null) return null
    return { manifest, delta: await this.#delta(digest, nearest(lineage[packaged], digest, bases)) }
  }

  /** From the nearest release, which is made if it has to be; else the smallest of those that are there. */
  async #delta(digest: string, [first, ...others]: readonly string[]): Promise<OfferedDelta | null> {
    if (first === undefined) return null
    const best = await this.#made.get(pairOf(first, digest))
    if (best !== null) return best
    const there = await Promise.all(others.map((base) => this.#there.get(pairOf(base, digest))))
    return there.flatMap((one) => one ?? []).toSorted((a, b) => a.totalBytes - b.totalBytes)[0] ?? null
  }
}

/** Those of `bases` that are packages of the same service: earlier ones first, each kind by its distance from `digest`. */
function nearest(lineage: readonly string[], digest: string, bases: readonly string[]): string[] {
  const held = new Set(bases)
  const at = lineage.indexOf(digest)
  const inOrder = [...lineage.slice(at + 1), ...lineage.slice(0, Math.max(at, 0)).toReversed()]
  return [...new Set(inOrder)].filter((base) => base !== digest && held.has(base)).slice(0, MAX_BASES_TRIED)
}

function lineageOf(releases: Awaited<ReturnType<Catalogue['releases']>>): Lineage {
  return { srv: releases.map(({ srv }) => srv.digest), cmd: releases.flatMap(({ cmd }) => cmd?.digest ?? []) }
}

function pairOf(base: string, digest: string): string {
  return `${base} ${digest}`
}

function ofPair(pair: string): [base: string, digest: string] {
  const [base = '', digest = ''] = pair.split(' ')
  return [base, digest]
}
