/**
 * Where a private server keeps its data and its socket. Both follow from the data directory alone, so that whoever comes next finds a
 * server that is still there.
 */
import { createHash } from 'node:crypto'
import { lstat, mkdir, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { problem } from '../../../shared/errors.ts'

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, with the final NUL. */
export const MAX_SOCKET_PATH_BYTES = 103

export type ServerPlace = {
  dir: string
  socket: string
  /** The directory of the socket when it does not lie in `dir`. */
  socketDir: string | null
}

/**
 * Makes `<dataDir>/redis`, for its owner alone. Where the socket's path would be too long it lies under the system's temporary directory instead.
 * @throws MusterError config_invalid when no path is short enough, or the temporary one is somebody else's
 */
export async function serverPlace(dataDir: string): Promise<ServerPlace> {
  await mkdir(join(dataDir, 'redis'), { recursive: true, mode: 0o700 })
  const dir = await realpath(join(dataDir, 'redis'))
  const socket = join(dir, 'redis.sock')
  if (fits(socket)) return { dir, socket, socketDir: null }
  const socketDir = join(tmpdir(), `muster-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}`)
  const short = join(socketDir, 'redis.sock')
  if (!fits(short)) {
    throw problem('config_invalid', `${dir} is too long a path for a socket`, { field: 'data-dir', expected: 'a shorter path, or a shorter TMPDIR' })
  }
  await mkdir(socketDir, { recursive: true, mode: 0o700 })
  await refuseForeign(socketDir)
  return { dir, socket: short, socketDir }
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES
}

/** Anybody may make directories in /tmp: one that another user has put there could listen in our place. */
async function refuseForeign(path: string): Promise<void> {
  const found = await lstat(path)
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0) return
  throw problem('config_invalid', `${path}, which the socket needs, belongs to somebody else or is open to others`, {
    field: 'data-dir', expected: 'a shorter path, which does not need it',
  })
}
