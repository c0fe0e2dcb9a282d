/** Opens the artifact store of a coordinator: the objects where `--artifacts` says, what is on its way in beside them or in the data directory. */
import { mkdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { pino } from 'pino'
import type { Logger } from 'pino'
import { sha256 } from '../../../shared/digest.ts'
import { PACKAGE_LIMITS } from '../../../shared/package/limits.ts'
import { COLLECT_AFTER_MS } from './commit.ts'
import { Deltas } from './deltas.ts'
import { oneProcess } from './exclusive.ts'
import type { Exclusively } from './exclusive.ts'
import { FormerFiles } from './former-files.ts'
import { Intake } from './intake.ts'
import type { ObjectStore } from './objects/object-store.ts'
import { isBucket, openObjects } from './objects/place.ts'
import type { ReceiveOptions } from './receive.ts'
import { Artifacts } from './store.ts'
import { openUploads } from './uploads.ts'
import type { SpooledUploads } from './uploads.ts'

export const UPLOAD_STALL_MS = 60_000

export type OpenOptions = ReceiveOptions & {
  /** A directory, or `s3://BUCKET/PREFIX`; others may have it as well. Default: `artifacts` in the data directory, for this coordinator alone. */
  place: string
  /** Instead of those at `place`; for those who are only in this process. */
  objects: ObjectStore
  exclusively: Exclusively
  /** Milliseconds since the epoch. */
  clock: () => number
  /** For so long nothing is collected that has come, or was held. */
  graceMs: number
  log: Logger
}

/** `close` ends what is being taken in or made, which leaves nothing behind; after it nothing is written any more. */
export type OpenedArtifacts = { artifacts: Artifacts; uploads: SpooledUploads; close: () => Promise<void> }

export async function openArtifacts(dataDir: string, given: Partial<OpenOptions> = {}): Promise<OpenedArtifacts> {
  const own = join(dataDir, 'artifacts')
  const { place = own, objects, limits = PACKAGE_LIMITS, stallMs = UPLOAD_STALL_MS, exclusively = oneProcess(), clock = Date.now } = given
  const { graceMs = COLLECT_AFTER_MS, log = pino({ level: 'silent' }) } = given
  const directory = isBucket(place) ? own : place
  const incoming = join(directory, directory === own ? 'incoming' : `incoming-${ownerOf(dataDir)}`)
  await rm(incoming, { recursive: true, force: true })
  await mkdir(incoming, { recursive: true })
  const kept = { objects: objects ?? (await openObjects(place)), exclusively, clock, graceMs }
  const ending = new AbortController()
  const work = { kept, place: objects === undefined ? place : null, signal: ending.signal, log }
  const intake = new Intake(work)
  const former = new FormerFiles(isBucket(place) ? null : place)
  const deltas = new Deltas(work)
  const artifacts = new Artifacts({ kept, incoming, former, intake, deltas, receiving: { limits, stallMs } })
  const uploads = await openUploads(join(directory, 'uploads'), artifacts, { maxPackedBytes: limits.maxPackedBytes, stallMs, clock })
  const close = async (): Promise<void> => {
    ending.abort(new Error('the coordinator ends'))
    await deltas.settled()
  }
  return { artifacts, uploads, close }
}

/** The same whenever this coordinator opens the store, and no other coordinator's. */
function ownerOf(dataDir: string): string {
  return sha256(`${hostname()}:${resolve(dataDir)}`).slice(0, 16)
}
