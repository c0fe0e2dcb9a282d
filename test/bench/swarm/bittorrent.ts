/** What BitTorrent clients have in common here: a tracker of their own at the origin, a torrent, and a directory for each host. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { program } from '../../lab/program.ts'
import type { Course } from './system.ts'
import { torrentOf } from './torrent.ts'

const TRACKER = fileURLToPath(new URL('./tracker.ts', import.meta.url))
const TRACKER_PORT = 6969
/** What they are fastest with here; 16 KiB blocks of pieces travel. */
const PIECE_BYTES = 64 * 1024

export type Meeting = { torrent: string; dirOf: (host: string) => string }

/** The origin's directory has the file. */
export async function meet({ origin, hosts, file, dir }: Course): Promise<Meeting> {
  await program(origin, process.execPath, [TRACKER, String(TRACKER_PORT)]).says('listening')
  const torrent = join(dir, 'torrent')
  writeFileSync(torrent, torrentOf(basename(file), readFileSync(file), PIECE_BYTES, `http://${origin.address}:${TRACKER_PORT}/announce`))
  const dirOf = (host: string): string => join(dir, host)
  for (const { name } of [origin, ...hosts]) mkdirSync(dirOf(name))
  copyFileSync(file, join(dirOf(origin.name), basename(file)))
  return { torrent, dirOf }
}
