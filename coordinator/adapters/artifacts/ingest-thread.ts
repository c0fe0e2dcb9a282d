/** A thread that takes in one tar: what it computes would hold up everything else that a coordinator does. */
import { open } from 'node:fs/promises'
import type { Artifact } from '../../../shared/command.ts'
import { ingest } from './ingest.ts'
import { openObjects } from './objects/place.ts'
import { answer } from './thread.ts'

/** `place`: of the objects. `tar`: a file, which is only read. */
export type IngestJob = { place: string; tar: string; artifact: Artifact }

await answer(async ({ place, tar, artifact }: IngestJob) => {
  const file = await open(tar)
  try {
    return await ingest(await openObjects(place), file, artifact)
  } finally {
    await file.close()
  }
})
