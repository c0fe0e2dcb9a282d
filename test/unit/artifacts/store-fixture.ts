/** A store in a directory of its own, and what lies in it. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { openArtifacts } from '../../../coordinator/adapters/artifacts/open.ts'
import type { OpenedArtifacts, OpenOptions } from '../../../coordinator/adapters/artifacts/open.ts'
import type { ArtifactStore } from '../../../coordinator/engine/ports/artifacts.ts'
import { MusterError, type Problem } from '../../../shared/errors.ts'
import type { Artifact } from '../../../shared/command.ts'
import { sha256 } from './tar-fixture.ts'

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'muster-test-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

export type TestStore = OpenedArtifacts & { store: OpenedArtifacts['artifacts']; dataDir: string }

export async function openStore(options: Partial<OpenOptions> = {}, dataDir?: string): Promise<TestStore> {
  const directory = dataDir ?? (await temporaryDirectory())
  const opened = await openArtifacts(directory, options)
  return { ...opened, store: opened.artifacts, dataDir: directory }
}

/** Sends `bytes` in chunks, as the network would. */
export function put(store: ArtifactStore, bytes: Buffer, chunkBytes = 10_000): Promise<Artifact> {
  return store.put(Readable.from(chunksOf(bytes, chunkBytes), { objectMode: false }), { field: 'srv', declaredDigest: sha256(bytes) })
}

export function* chunksOf(bytes: Buffer, chunkBytes: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

/** The artifacts that are there, in order. */
export async function recordsIn(dataDir: string): Promise<string[]> {
  return (await readdir(join(dataDir, 'artifacts/artifacts')).catch(() => [] as string[])).toSorted((a, b) => (a < b ? -1 : 1))
}

/** Every file and upload directory in the store. */
export async function leftIn(dataDir: string): Promise<string[]> {
  const found = await readdir(join(dataDir, 'artifacts'), { recursive: true, withFileTypes: true })
  return found.filter(item => item.isFile() || item.parentPath.endsWith('incoming')).map(item => item.name)
}

/** The problem that `work` is refused with; anything else that it does fails the test. */
export async function refusalOf(work: Promise<unknown>): Promise<Problem> {
  const outcome = await work.then(value => ({ value }), (error: unknown) => ({ error }))
  if ('error' in outcome && outcome.error instanceof MusterError) return outcome.error.problem
  throw new Error('was not refused', { cause: outcome })
}

export async function readAll(stream: Readable): Promise<Buffer> {
  return Buffer.concat(await stream.toArray())
}
