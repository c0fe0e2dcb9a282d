/** How a host takes part in the swarm of one root, of a manifest or of a delta, until all of its pieces are here. */
import type { Logger } from 'pino'
import type { Artifact } from '../../shared/command.ts'
import type { Piece } from '../../shared/distribution/piece.ts'
import { LITTLE_BYTES } from '../../shared/distribution/protocol.ts'
import type { Dialer } from '../../shared/pieces/tls.ts'
import type { Leave } from '../ports.ts'
import { bring } from './driver.ts'
import type { DriverOptions } from './driver.ts'
import type { HeldArtifacts } from './held.ts'
import type { Numbered } from './numbered.ts'
import type { Room } from './room.ts'
import { fetchRoot } from './roots.ts'
import type { Sources } from './sources.ts'
import { Swarm } from './swarm.ts'
import type { Swarms } from './swarms.ts'
import type { Tally } from './tally.ts'

export type FetchMeans = { room: Room; held: HeldArtifacts; swarms: Swarms; dialer: Dialer; log: Logger }

/** `file`: where its stream is to lie. */
export type Wanted = { artifact: Artifact; sources: Sources; leave: Leave; tally: Tally; file: string }

/** What a fetch pins its pieces as. */
export function ownerOf({ digest }: Artifact): string {
  return `fetch ${digest}`
}

/** The bytes of a root: those that are here, or that somebody gives. */
export async function rootBytes(root: Piece, wanted: Wanted, means: FetchMeans, signal: AbortSignal): Promise<Buffer> {
  const here = await means.room.read(root.digest)
  if (here) return here
  const bytes = await fetchRoot(root, { ...wanted, ...means, onBytes: (length, from) => wanted.tally.came(length, from, performance.now()) }, signal)
  means.room.pin(ownerOf(wanted.artifact), [root.digest])
  await means.room.keep(root, bytes)
  return bytes
}

/** A verified piece is on the disk. */
type OnKept = (index: number, bytes: Buffer) => void

/** `pieces`: numbered, those that are here learnt already. `alsoNeeded`: other pieces that must stay meanwhile. `total`: of the bytes of all of them. */
export type Part = { root: Piece; pieces: Numbered; alsoNeeded: Iterable<string>; totalBytes: number; delta: boolean; onKept?: OnKept }

/** Takes part in a swarm until all of its pieces are here; after that it gives them to others for a while. What is little comes from relays alone. */
export async function takePart(part: Part, wanted: Wanted, means: FetchMeans, signal: AbortSignal): Promise<void> {
  const { root, pieces, alsoNeeded, totalBytes, delta, onKept } = part
  const { artifact, sources, leave, tally } = wanted
  const { room, swarms, dialer, log } = means
  const needed = [root.digest, ...alsoNeeded]
  const swarm = new Swarm({
    root: root.digest,
    pieces,
    isHere: ({ digest }) => room.has(digest),
    onKnown: ({ reusedBytes }) => {
      room.pin(ownerOf(artifact), [...needed, ...pieces.known().map((index) => pieces.at(index)!.digest)])
      tally.expects({ totalBytes, reusedBytes, delta })
    },
  })
  const options: DriverOptions = {
    swarm, sources, dialer, leave,
    mayAskInMs: (nowMs) => tally.mayAskInMs(nowMs),
    keep: async (index, bytes) => {
      await room.keep(pieces.at(index)!, bytes)
      onKept?.(index, bytes)
    },
    onBytes: (bytes, from) => tally.came(bytes, from, performance.now()),
    onLiar: (name) => log.warn({ from: name, root: root.digest }, 'sent bytes that are not those of the piece: nothing is fetched from it any more'),
  }
  if (totalBytes <= LITTLE_BYTES) return await bring(options, signal)
  swarms.join(options)
  try {
    await bring(options, signal)
    swarms.seed(root.digest)
  } catch (error) {
    swarms.leave(root.digest)
    throw error
  }
}
