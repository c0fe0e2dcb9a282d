/** Manifests as they travel: zstd over JSON, cut into pages, so that none is larger than a piece however many packs there are. */
import type { z } from 'zod'
import { sha256 } from '../digest.ts'
import { damage } from './damage.ts'
import type { Coded } from './damage.ts'
import { manifestPageSchema, manifestSchema, MAX_CHUNKS_PER_PAGE } from './manifest.ts'
import type { Manifest, ManifestPage, Pack } from './manifest.ts'
import type { Piece } from './piece.ts'
import { compress, decompress } from './zstd.ts'

/** Of a root or page as JSON: 4096 chunks are 450 KB, 65,536 parts 7 MB. */
const MAX_JSON_BYTES = 16 * 1024 * 1024
const WINDOW_LOG = 24
const LEVEL = 19

/** By what `bytes` are named when they travel. */
export function pieceOf(bytes: Uint8Array): Piece {
  return { digest: sha256(bytes), sizeBytes: bytes.length }
}

/** Packs in pages of at most `MAX_CHUNKS_PER_PAGE` chunks, in their order. */
export function pagesOf(packs: readonly Pack[]): ManifestPage[] {
  const pages: ManifestPage[] = []
  let chunks = Infinity
  for (const pack of packs) {
    chunks += pack.chunks.length
    if (chunks > MAX_CHUNKS_PER_PAGE) {
      pages.push({ packs: [] })
      chunks = pack.chunks.length
    }
    pages.at(-1)!.packs.push(pack)
  }
  return pages
}

export async function encodeManifest(manifest: Manifest): Promise<Buffer> {
  return await encodeJson(manifest)
}

export async function encodePage(page: ManifestPage): Promise<Buffer> {
  return await encodeJson(page)
}

/** @throws MusterError when the bytes are no manifest */
export async function decodeManifest(bytes: Buffer): Promise<Manifest> {
  return await decodeJson(bytes, manifestSchema, 'manifest')
}

/** @throws MusterError when the bytes are no page of a manifest */
export async function decodePage(bytes: Buffer): Promise<ManifestPage> {
  return await decodeJson(bytes, manifestPageSchema, 'manifest')
}

/**
 * All packs, in their order, once all pages are there.
 * @throws MusterError when the pages are not those of the manifest: other packs, or others in all than it says
 */
export function packsOf(manifest: Manifest, pages: readonly ManifestPage[]): Pack[] {
  const packs = pages.flatMap((page) => page.packs)
  const packBytes = packs.reduce((total, pack) => total + pack.sizeBytes, 0)
  const rawBytes = packs.reduce((total, pack) => total + rawBytesOf(pack), 0)
  if (packs.length !== manifest.packs || packBytes !== manifest.packBytes || rawBytes !== manifest.layoutBytes + manifest.contentBytes) {
    throw damage('manifest', 'its pages have other packs than its root says')
  }
  return packs
}

/** Of the chunks of a pack, uncompressed. */
export function rawBytesOf({ chunks }: Pick<Pack, 'chunks'>): number {
  return chunks.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
}

export async function encodeJson(value: unknown): Promise<Buffer> {
  return await compress(Buffer.from(JSON.stringify(value)), { level: LEVEL })
}

/** @throws MusterError when the bytes are not `schema`'s as zstd over JSON */
export async function decodeJson<T>(bytes: Buffer, schema: z.ZodType<T>, what: Coded): Promise<T> {
  const read = schema.safeParse(await jsonIn(bytes, what))
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw damage(what, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not what it should be'}`)
}

async function jsonIn(bytes: Buffer, what: Coded): Promise<unknown> {
  try {
    return JSON.parse((await decompress(bytes, { maxBytes: MAX_JSON_BYTES, windowLog: WINDOW_LOG })).toString('utf8'))
  } catch (error) {
    throw damage(what, error instanceof Error ? error.message : String(error))
  }
}
