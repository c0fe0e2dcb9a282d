/**
 * Takes away what nobody needs: records of artifacts, then differences whose artifacts are gone, then pieces that no record needs. Each removal is decided
 * again in a turn: that the thing is still old, and, for pieces, that no record that has come meanwhile needs it. May be cut off anywhere; the next one
 * goes on.
 */
import type { Collected } from '../../engine/ports/artifacts.ts'
import type { Kept } from './commit.ts'
import { Marks } from './marks.ts'
import { ARTIFACTS, DELTAS, nameOf, pairOf, PIECES, RUNS } from './records.ts'
import type { ObjectInfo } from './objects/object-store.ts'
import { several } from './several.ts'

/** Removed in one turn, in which nothing else can be kept. */
export const REMOVED_AT_ONCE = 100
/** A hint that nobody has used for so long is worth no more. */
const RUNS_KEPT_MS = 30 * 24 * 3_600_000

/** @param needed digests of artifacts, known no longer ago than half of `graceMs` */
export async function collect(kept: Kept, needed: ReadonlySet<string>, signal: AbortSignal): Promise<Collected> {
  const collected: Collected = { artifacts: 0, deltas: 0, pieces: 0, bytes: 0, damaged: [] }
  const isOld = ({ changedAtMs }: ObjectInfo) => kept.clock() - changedAtMs >= kept.graceMs
  const sweep = async (folder: string, isGarbage: (info: ObjectInfo) => boolean, again: () => Promise<void>): Promise<ObjectInfo[]> => {
    const removed: ObjectInfo[] = []
    let batch: ObjectInfo[] = []
    const end = async () => {
      if (batch.length > 0) removed.push(...(await removeOf(kept, { batch, isGarbage: (info) => isOld(info) && isGarbage(info), again, signal })))
      batch = []
    }
    for await (const info of kept.objects.list(folder)) {
      signal.throwIfAborted()
      if (!isOld(info) || !isGarbage(info)) continue
      batch.push(info)
      if (batch.length === REMOVED_AT_ONCE) await end()
    }
    await end()
    return removed
  }

  collected.artifacts = (await sweep(ARTIFACTS, ({ key }) => !needed.has(nameOf(key)), async () => undefined)).length
  let there = new Set<string>()
  const lookForArtifacts = async () => { there = new Set((await Array.fromAsync(kept.objects.list(ARTIFACTS))).map(({ key }) => nameOf(key))) }
  await lookForArtifacts()
  const isOrphan = ({ key }: ObjectInfo) => !Object.values(pairOf(key)).every((digest) => there.has(digest))
  collected.deltas = (await sweep(DELTAS, isOrphan, lookForArtifacts)).length
  const marks = new Marks(kept.objects)
  const look = () => marks.look(signal)
  await look()
  const pieces = await sweep(PIECES, ({ key }) => !marks.has(nameOf(key)), look)
  collected.pieces = pieces.length
  collected.bytes = pieces.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
  await sweep(RUNS, ({ changedAtMs }) => kept.clock() - changedAtMs >= RUNS_KEPT_MS, async () => undefined)
  collected.damaged = marks.damaged
  return collected
}

/** `again`: another look at what there is, in the turn. */
type Removal = { batch: readonly ObjectInfo[]; isGarbage: (info: ObjectInfo) => boolean; again: () => Promise<void>; signal: AbortSignal }

/** @returns those that are gone now */
async function removeOf(kept: Kept, { batch, isGarbage, again, signal }: Removal): Promise<ObjectInfo[]> {
  return kept.exclusively(async (turn) => {
    await again()
    const infos = await several(batch, ({ key }) => kept.objects.stat(key))
    await turn.confirm()
    signal.throwIfAborted()
    const garbage = infos.filter((info) => info !== null).filter(isGarbage)
    await several(garbage, ({ key }) => kept.objects.remove(key))
    return garbage
  })
}
