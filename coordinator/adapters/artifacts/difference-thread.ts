/** A thread that makes one difference: minutes of computing, for large packages. */
import type { Piece } from '../../../shared/distribution/piece.ts'
import { difference } from './difference.ts'
import { openObjects } from './objects/place.ts'
import { answer } from './thread.ts'

/** Roots of two manifests in the objects at `place`. */
export type DifferenceJob = { place: string; base: Piece; next: Piece }

await answer(async ({ place, base, next }: DifferenceJob) => difference(await openObjects(place), base, next))
