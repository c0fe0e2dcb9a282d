/** A directory as a tar of names, contents, permission bits and link targets, and of nothing else: the same tree is the same artifact. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { Header, Pax } from 'tar'
import { MusterError } from '../../shared/errors.ts'
import { refusal } from '../../shared/package/entry.ts'
import { walk, type FoundEntry } from './walk.ts'

const BLOCK_BYTES = 512
const END_MARK = Buffer.alloc(2 * BLOCK_BYTES)
const PERMISSION_BITS = 0o777
const READ_CHUNK_BYTES = 256 * 1024

/** @throws MusterError when the directory holds what a package may not, or changes while it is read */
export async function* tarOf(directory: string): AsyncGenerator<Buffer> {
  for await (const entry of walk(directory)) {
    yield* headerOf(entry)
    if (entry.type === 'File') yield* contentOf(entry)
  }
  yield END_MARK
}

function* headerOf({ path, type, mode, size, linkpath }: FoundEntry): Generator<Buffer> {
  const named = { path: type === 'Directory' ? `${path}/` : path, size, ...(linkpath === undefined ? {} : { linkpath }) }
  const permissions = type === 'SymbolicLink' ? PERMISSION_BITS : mode & PERMISSION_BITS
  const header = new Header({ ...named, type: type as Header['type'], mode: permissions, uid: 0, gid: 0, mtime: new Date(0) })
  if (header.encode()) yield new Pax(named).encode()
  yield header.block!
}

async function* contentOf({ path, absolute, size }: FoundEntry): AsyncGenerator<Buffer> {
  const file = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW)
  let left = size
  try {
    const { size: sizeNow } = await file.stat()
    if (sizeNow !== size) throw changed(path)
    while (left > 0) {
      const chunk = Buffer.allocUnsafe(Math.min(left, READ_CHUNK_BYTES))
      const { bytesRead } = await file.read(chunk, 0, chunk.length)
      if (bytesRead === 0) throw changed(path)
      left -= bytesRead
      yield chunk.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
  const padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES
  if (padding > 0) yield Buffer.alloc(padding)
}

function changed(path: string): MusterError {
  return new MusterError(refusal(path, 'changed while it was read', 'a directory that nobody writes to meanwhile'))
}
