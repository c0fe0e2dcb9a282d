/** Which pieces there are in a swarm, by number: a manifest's pages and then its packs, or the parts of a delta. */
import { z } from 'zod'
import { deltaSchema } from '../shared/distribution/delta.ts'
import { decodeJson, decodePage, packsOf } from '../shared/distribution/manifest-codec.ts'
import { manifestSchema } from '../shared/distribution/manifest.ts'
import type { Manifest } from '../shared/distribution/manifest.ts'
import type { Piece } from '../shared/distribution/piece.ts'

const rootSchema = z.union([manifestSchema, deltaSchema])

/** `known`: the pieces whose digests the root itself says; `count`: of all. `manifest`: its pages say the rest; null: nothing is missing. */
export type Contents = { known: Piece[]; count: number; manifest: Manifest | null }

/** @throws MusterError when it is no root */
export async function readRoot(bytes: Buffer): Promise<Contents> {
  const root = await decodeJson(bytes, rootSchema, 'manifest')
  if ('parts' in root) return { known: root.parts, count: root.parts.length, manifest: null }
  return { known: root.pages, count: root.pages.length + root.packs, manifest: root }
}

/** All of them. @throws MusterError when the pages are not those of the manifest */
export async function withPages(manifest: Manifest, pages: readonly Buffer[]): Promise<Piece[]> {
  const packs = packsOf(manifest, await Promise.all(pages.map(decodePage)))
  return [...manifest.pages, ...packs.map(({ digest, sizeBytes }) => ({ digest, sizeBytes }))]
}
