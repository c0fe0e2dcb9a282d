/** Whether a file system has room for a package before it is fetched: a full disk must never be found out half-way. */
import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Artifact } from '../../shared/command.ts'

/** Left over for logs, journals and whatever else the host does meanwhile. */
export const SPACE_MARGIN_BYTES = 64 * 1024 * 1024
/** What a file costs beyond its bytes: the rest of its last block, and its share of a directory. */
const ENTRY_OVERHEAD_BYTES = 4096

/** What packages take as pieces, about; what takes more is found out by the fetch, which touches nothing either. */
const PACKED_SHARE = 0.5

/** `fetched`: those of the unpacked ones that are not here yet. */
type Needed = { unpacked: Artifact[]; fetched: Artifact[] }

/** `stream`: where the packages lie, as pieces and put together; `tree`: where they are unpacked. One line for each file system without room. */
export async function lackOfSpace({ unpacked, fetched }: Needed, at: { stream: string; tree: string }): Promise<string[]> {
  if (unpacked.length === 0) return []
  const sum = (artifacts: Artifact[], of: (artifact: Artifact) => number): number => artifacts.reduce((total, artifact) => total + of(artifact), 0)
  const sizeOf = ({ sizeBytes }: Artifact): number => sizeBytes
  const unpackedBytes = sum(unpacked, sizeOf)
  const streamBytes = unpackedBytes + Math.ceil(sum(fetched, sizeOf) * PACKED_SHARE)
  const entries = sum(unpacked, (artifact) => artifact.entries)
  const treeBytes = unpackedBytes + entries * ENTRY_OVERHEAD_BYTES
  const [stream, tree] = await Promise.all([existing(at.stream), existing(at.tree)])
  const together = [{ dir: tree.dir, bytes: streamBytes + treeBytes, entries }]
  const apart = [{ dir: stream.dir, bytes: streamBytes, entries: unpacked.length }, { dir: tree.dir, bytes: treeBytes, entries }]
  const needs = stream.device === tree.device ? together : apart
  return (await Promise.all(needs.map(lackAt))).filter((line) => line !== null)
}

/** The nearest directory that exists on the way to `path`. */
export async function nearestDirectory(path: string): Promise<string> {
  return (await existing(path)).dir
}

async function existing(path: string): Promise<{ dir: string; device: number }> {
  const found = await stat(path).catch(() => null)
  return found ? { dir: path, device: found.dev } : await existing(dirname(path))
}

async function lackAt({ dir, bytes, entries }: { dir: string; bytes: number; entries: number }): Promise<string | null> {
  const { bavail, bsize, files, ffree } = await statfs(dir)
  const freeBytes = bavail * bsize
  const neededBytes = bytes + SPACE_MARGIN_BYTES
  if (freeBytes < neededBytes) return `${dir} has ${mib(freeBytes)} free, ${mib(neededBytes)} are needed`
  // some file systems count no inodes
  return files > 0 && ffree < entries ? `${dir} has ${ffree} inodes free, ${entries} are needed` : null
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / (1024 * 1024))} MiB`
}
