/**
 * What a host receives for an update, all bytes with the manifest, and what making and applying it takes: Muster beside casync, zstd
 * --patch-from and the .tgz, for consecutive releases of real packages, as published and as another build would have packed the same files.
 *
 *   npm run bench:delta -- [--pair A B] [--no-peers] [--json]      A and B: name@version of the npm registry, or .tgz or .tar files
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { muster } from './delta/muster.ts'
import type { Moved } from './delta/muster.ts'
import { casync, patchFrom } from './delta/others.ts'
import { gzippedBytes, packageOf } from './delta/packages.ts'
import { repack } from './delta/repack.ts'
import { report } from './report.ts'
import type { Measure } from './report.ts'

/** Text, many files, a binary that is wholly rewritten; a small package, a binary that is compressed already, and 22,000 small files. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['typescript@5.8.2', 'typescript@5.8.3'],
  ['next@15.3.1', 'next@15.3.2'],
  ['esbuild-wasm@0.25.3', 'esbuild-wasm@0.25.4'],
  ['undici@8.12.3', 'undici@8.12.4'],
  ['@swc/core-linux-x64-gnu@1.16.21', '@swc/core-linux-x64-gnu@1.16.22'],
  ['@mui/icons-material@7.3.1', '@mui/icons-material@7.3.2'],
]

const { values, positionals } = parseArgs({
  allowNegative: true, allowPositionals: true,
  options: { pair: { type: 'string' }, peers: { type: 'boolean', default: true }, json: { type: 'boolean', default: false } },
})
const pairs = values.pair === undefined ? PAIRS : [[values.pair, positionals[0] ?? ''] as const]

const dir = await mkdtemp(join(tmpdir(), 'muster-bench-delta-'))
try {
  for (const [from, to] of pairs) await measurePair(from, to)
} finally {
  await rm(dir, { recursive: true })
}

/** Each case is told as soon as it is known: all of them take a while. */
async function measurePair(from: string, to: string): Promise<void> {
  const [base, next] = [await packageOf(from, dir), await packageOf(to, dir)]
  const name = `${base.name} to ${next.name.replace(/^.*@/, '')}`
  await measure(`${name}, as published`, base.tar, next.tar, next.packedBytes)
  const [rebuiltBase, rebuiltNext] = [join(dir, 'base.tar'), join(dir, 'next.tar')]
  await repack(base.tar, rebuiltBase, 1)
  await repack(next.tar, rebuiltNext, 2)
  await measure(`${name}, repacked`, rebuiltBase, rebuiltNext, await gzippedBytes(rebuiltNext, dir))
}

async function measure(name: string, base: string, next: string, packedBytes: number): Promise<void> {
  const measures: Measure[] = []
  const add = (system: string, metric: string, value: number, unit: string): void => {
    measures.push({ bench: 'delta', case: name, system, metric, value, unit })
  }
  const work = join(dir, 'work')
  await mkdir(work)
  const { update, anew } = await muster(base, next, work)
  const others = values.peers ? { casync: await casync(base, next, work), 'zstd --patch-from': await patchFrom(base, next, work) } : {}
  await rm(work, { recursive: true })
  add('muster', 'update', update.bytes, 'bytes')
  for (const [system, prepared] of Object.entries(others)) {
    if (prepared === null) continue
    add(system, 'update', prepared.bytes, 'bytes')
    add(system, 'time to make it', prepared.seconds, 's')
  }
  add('.tgz', 'update', packedBytes, 'bytes')
  if (others.casync) add('muster', 'update, of that of casync', update.bytes / others.casync.bytes, 'ratio')
  addSpent('update', update, add)
  add('muster', 'from nothing', anew.bytes, 'bytes')
  add('muster', 'from nothing, of the .tgz', anew.bytes / packedBytes, 'ratio')
  addSpent('from nothing', anew, add)
  report(measures, values.json)
}

function addSpent(what: string, { pieces, write, read }: Moved, add: (system: string, metric: string, value: number, unit: string) => void): void {
  add('muster', `${what}, pieces`, pieces, 'pieces')
  add('muster', `${what}, time to make it`, write.seconds, 's')
  add('muster', `${what}, memory to make it`, (write.peakBytes - write.startBytes) / 1e6, 'MB')
  add('muster', `${what}, time to apply it`, read.seconds, 's')
  add('muster', `${what}, memory to apply it`, (read.peakBytes - read.startBytes) / 1e6, 'MB')
}
