/**
 * How fast the artifact store takes a large package in and gives it back, and how much memory that takes: a tar of half texts, half bytes that do not
 * compress. Beside it, where they are installed: casync, and tar with zstd. Each runs in a process of its own, whose largest resident size counts.
 *
 *   npm run bench:store [-- --size 2g] [--json]
 */
import { spawnSync } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { openArtifacts } from '../../coordinator/adapters/artifacts/open.ts'
import { sha256 } from '../../shared/digest.ts'
import { report } from './report.ts'
import type { Measure } from './report.ts'

const MIB = 1024 ** 2
const UNITS: Record<string, number> = { m: MIB, g: 1024 ** 3 }
const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, size: { type: 'string', default: '2g' }, child: { type: 'string' }, in: { type: 'string' } } })

/** What a child does in the directory of the bench; what it says goes to its parent. */
type Done = { seconds: number; peakBytes: number; digest?: string }
const WORK: Record<string, (dir: string) => Promise<string | undefined>> = {
  'take in': async (dir) => {
    const { artifacts } = await openArtifacts(join(dir, 'store'))
    const tar = join(dir, 'package.tar')
    const declaredDigest = await digestOf(tar)
    begin()
    return (await artifacts.put(createReadStream(tar), { field: 'srv', declaredDigest })).digest
  },
  'take in again, with one file changed': async (dir) => {
    const { artifacts } = await openArtifacts(join(dir, 'store'))
    const tar = join(dir, 'next.tar')
    const declaredDigest = await digestOf(tar)
    begin()
    await artifacts.put(createReadStream(tar), { field: 'srv', declaredDigest })
    return undefined
  },
  'read back': async (dir) => {
    const { artifacts } = await openArtifacts(join(dir, 'store'))
    const digest = await digestOf(join(dir, 'package.tar'))
    begin()
    const { stream } = await artifacts.open(digest)
    await pipeline(stream, async (bytes) => { for await (const _ of bytes) continue })
    return undefined
  },
}

let begunAtMs = performance.now()
/** The clock of what is measured; what came before was only to prepare it. */
function begin(): void {
  begunAtMs = performance.now()
}

async function child(work: string, dir: string): Promise<void> {
  const digest = await WORK[work]!(dir)
  const done: Done = { seconds: (performance.now() - begunAtMs) / 1000, peakBytes: process.resourceUsage().maxRSS * 1024, ...(digest === undefined ? {} : { digest }) }
  console.log(JSON.stringify(done))
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** Files of 1 KiB to 32 MiB, some texts, some not to be compressed. */
async function makePackage(dir: string, sizeBytes: number): Promise<void> {
  const files = join(dir, 'files')
  const words = Array.from({ length: 4000 }, (_, n) => sha256(`word ${n}`).slice(0, 3 + (n % 9)))
  for (let [made, n] = [0, 0]; made < sizeBytes; n++) {
    const bytes = Math.min(sizeBytes - made, 1024 * 2 ** ((n * 7) % 16))
    const folder = join(files, `part-${n % 40}`)
    await mkdir(folder, { recursive: true })
    const file = await open(join(folder, n % 2 === 0 ? `${n}.txt` : `${n}.bin`), 'w')
    await file.writeFile(n % 2 === 0 ? textOf(words, bytes, n) : randomFillSync(Buffer.allocUnsafe(bytes)))
    await file.close()
    made += bytes
  }
  const tar = (name: string) => spawnSync('tar', ['--sort=name', '--mtime=@0', '-cf', join(dir, name), '-C', files, '.'])
  tar('package.tar')
  const changed = await open(join(files, 'part-0/0.txt'), 'w')
  await changed.writeFile('another text\n')
  await changed.close()
  tar('next.tar')
}

function textOf(words: readonly string[], bytes: number, seed: number): Buffer {
  const text = Buffer.allocUnsafe(bytes)
  let state = seed + 1
  for (let at = 0; at < bytes;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    at += text.write(`${words[(state >>> 12) % words.length]} `, at)
  }
  return text
}

/** A program's seconds and memory, by GNU time. Null: it is not here, or failed. */
function timed(command: string): Done | null {
  const begun = performance.now()
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%M', 'sh', '-c', command], { encoding: 'utf8' })
  const kilobytes = Number(stderr?.trim().split('\n').at(-1))
  return status === 0 ? { seconds: (performance.now() - begun) / 1000, peakBytes: kilobytes * 1024 } : null
}

async function main(): Promise<void> {
  const [, count = '', unit = ''] = /^(\d+)([mg])$/.exec(values.size) ?? []
  if (UNITS[unit] === undefined) throw new Error(`--size ${values.size}: expected such as 200m or 2g`)
  const sizeBytes = Number(count) * UNITS[unit]
  const dir = await mkdtemp(join(process.env['TMPDIR'] ?? tmpdir(), 'muster-bench-'))
  const measures: Measure[] = []
  const add = (what: string, system: string, done: Done | null, bytes = sizeBytes) => {
    if (done === null) return
    const row = { bench: 'store', case: what, system }
    measures.push({ ...row, metric: 'throughput', value: bytes / MIB / done.seconds, unit: 'MB/s' }, { ...row, metric: 'peak memory', value: done.peakBytes / MIB, unit: 'MB' })
  }
  try {
    await makePackage(dir, sizeBytes)
    for (const what of Object.keys(WORK)) {
      const { stdout, stderr, status } = spawnSync(process.execPath, [import.meta.filename, '--child', what, '--in', dir], { encoding: 'utf8' })
      if (status !== 0) throw new Error(`${what}: ${stderr}`)
      add(what, 'muster', JSON.parse(stdout) as Done)
    }
    measures.push({ bench: 'store', case: 'kept of both', system: 'muster', metric: 'size', value: sizeOf(join(dir, 'store/artifacts/pieces')), unit: 'MB' })
    const q = (name: string) => JSON.stringify(join(dir, name))
    add('take in', 'tar + zstd -9', timed(`zstd -q -9 -T1 ${q('package.tar')} -o ${q('package.tar.zst')}`))
    add('read back', 'tar + zstd -9', timed(`zstd -q -dc ${q('package.tar.zst')} > /dev/null`))
    add('take in', 'casync', timed(`casync make --store=${q('castr')} ${q('package.caibx')} ${q('package.tar')}`))
    add('read back', 'casync', timed(`casync extract --store=${q('castr')} ${q('package.caibx')} ${q('out.tar')}`))
    const zst = await stat(join(dir, 'package.tar.zst')).catch(() => null)
    if (zst !== null) measures.push({ bench: 'store', case: 'kept of one', system: 'tar + zstd -9', metric: 'size', value: zst.size / MIB, unit: 'MB' })
    report(measures, values.json)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function sizeOf(folder: string): number {
  return Number(spawnSync('du', ['-sb', folder], { encoding: 'utf8' }).stdout.split('\t')[0]) / MIB
}

await (values.child === undefined ? main() : child(values.child, values.in ?? ''))
