/**
 * One stage of what Muster does with artifacts, in a process of its own, so that its peak of memory is its own: `node stage.ts STAGE DIR…`
 * prints a Spent. Everything that would travel lies in files, and is read from them: a directory of an artifact has its `root`, pages and
 * packs, and its `stream`.
 */
import { createHash } from 'node:crypto'
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { applyDelta, decodeDelta, encodeDelta } from '../../../shared/distribution/delta-apply.ts'
import { makeDelta } from '../../../shared/distribution/delta-make.ts'
import type { Whole } from '../../../shared/distribution/delta-make.ts'
import { decodeManifest, decodePage, encodeManifest, encodePage, packsOf, pagesOf, pieceOf } from '../../../shared/distribution/manifest-codec.ts'
import type { Manifest, Pack } from '../../../shared/distribution/manifest.ts'
import { decodePack, encodePack, runsOf } from '../../../shared/distribution/pack.ts'
import { fileAt } from '../../../shared/distribution/read-at.ts'
import { rejoin } from '../../../shared/distribution/rejoin.ts'
import type { Streams } from '../../../shared/distribution/rejoin.ts'
import { takeApart } from '../../../shared/distribution/take-apart.ts'

export type Stage = 'cut' | 'join' | 'make' | 'apply'
export type Spent = { seconds: number; peakBytes: number; startBytes: number }

const STAGES: Record<Stage, (...dirs: [string, string, string]) => Promise<void>> = { cut, join: joinUp, make, apply }

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const startBytes = process.memoryUsage.rss()
  const began = performance.now()
  const [stage, ...dirs] = process.argv.slice(2) as [Stage, string, string, string]
  await STAGES[stage](...dirs)
  const spent: Spent = { seconds: (performance.now() - began) / 1000, peakBytes: process.resourceUsage().maxRSS * 1024, startBytes }
  console.log(JSON.stringify(spent))
}

/** A tar into pieces. */
async function cut(tar: string, dir: string): Promise<void> {
  const file = await open(tar)
  const { size: sizeBytes } = await file.stat()
  const apart = await takeApart(fileAt(file), sizeBytes)
  const packs: Pack[] = []
  const streamBytes: number[] = []
  for (const stream of [apart.layout(), apart.contents()]) {
    let bytes = 0
    for await (const run of runsOf(stream, sizeBytes)) {
      const packed = await encodePack(run)
      await writeFile(join(dir, `pack-${packs.length}`), packed)
      packs.push({ ...pieceOf(packed), chunks: run.chunks })
      bytes += run.bytes.length
    }
    streamBytes.push(bytes)
  }
  const pages = await Promise.all(pagesOf(packs).map(encodePage))
  for (const [n, page] of pages.entries()) await writeFile(join(dir, `page-${n}`), page)
  const manifest: Manifest = {
    version: 1, artifact: { digest: await digestOf(fileChunks(tar)), sizeBytes, entries: 0 },
    layoutBytes: streamBytes[0]!, contentBytes: streamBytes[1]!,
    packs: packs.length, packBytes: packs.reduce((total, pack) => total + pack.sizeBytes, 0), pages: pages.map(pieceOf),
  }
  await writeFile(join(dir, 'root'), await encodeManifest(manifest))
  await file.close()
}

async function manifestIn(dir: string): Promise<{ manifest: Manifest; packs: Pack[] }> {
  const manifest = await decodeManifest(await readFile(join(dir, 'root')))
  const pages = await Promise.all(manifest.pages.map(async (_page, n) => await decodePage(await readFile(join(dir, `page-${n}`)))))
  return { manifest, packs: packsOf(manifest, pages) }
}

/** What a host with nothing does: packs into the stream, the stream into the tar, whose digest it checks. */
async function joinUp(dir: string): Promise<void> {
  const { manifest, packs } = await manifestIn(dir)
  const stream = await open(join(dir, 'stream'), 'w+')
  for (const [n, pack] of packs.entries()) await stream.appendFile(await decodePack(pack, await readFile(join(dir, `pack-${n}`))))
  await check({ ...manifest, read: fileAt(stream) }, manifest.artifact)
  await stream.close()
}

async function wholeIn(dir: string): Promise<Whole> {
  const { manifest, packs } = await manifestIn(dir)
  return { ...manifest, read: fileAt(await open(join(dir, 'stream'))), chunks: packs.flatMap(({ chunks }) => chunks) }
}

async function make(base: string, next: string, dir: string): Promise<void> {
  let parts = 0
  const delta = await makeDelta(await wholeIn(base), await wholeIn(next), async (part) => await writeFile(join(dir, `part-${parts++}`), part))
  await writeFile(join(dir, 'root'), await encodeDelta(delta))
}

/** What a host with the base does: the base's stream and the parts into the stream, the stream into the tar, whose digest it checks. */
async function apply(base: string, dir: string): Promise<void> {
  const delta = await decodeDelta(await readFile(join(dir, 'root')))
  const stream = await open(join(dir, 'stream'), 'w+')
  const parts = async function* () {
    for (const n of delta.parts.keys()) yield await readFile(join(dir, `part-${n}`))
  }
  for await (const bytes of applyDelta(await wholeIn(base), delta, parts())) await stream.appendFile(bytes)
  await check({ ...delta, read: fileAt(stream) }, delta.artifact)
  await stream.close()
}

async function check(streams: Streams, { digest, sizeBytes }: Manifest['artifact']): Promise<void> {
  const made = await digestOf(rejoin(streams, sizeBytes))
  if (made !== digest) throw new Error(`it is ${made} instead of ${digest}`)
}

async function digestOf(source: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of source) hash.update(bytes)
  return hash.digest('hex')
}

async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  const file = await open(path)
  for await (const bytes of file.createReadStream()) yield bytes as Buffer
}
