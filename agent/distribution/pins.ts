/** Which of the artifacts that are here must stay, whatever else the budget would rather hold. */
import type { Held } from './held.ts'
import type { Goal } from '../../shared/command.ts'
import { packsOf } from './slices.ts'

/** What was fetched and never unpacked is waited for so long: the deployment that it was fetched for may come the next day. */
export const AWAITED_MS = 24 * 3_600_000

/** `current`: what services run, and what open commands are about; `previous`: what services ran before. */
export type InUse = { current: readonly Goal[]; previous: readonly Goal[] }

/** Digests of artifacts. What is in both is needed. */
export type Pinned = { needed: Held[]; previous: Held[] }

export function pinned(held: readonly Held[], { current, previous }: InUse, nowMs: number): Pinned {
  const [now, before] = [digestsOf(current), digestsOf(previous)]
  const isNeeded = ({ artifact, unpackedAtMs, heldAtMs }: Held): boolean =>
    now.has(artifact.digest) || (unpackedAtMs === null && nowMs - heldAtMs < AWAITED_MS)
  return { needed: held.filter(isNeeded), previous: held.filter((one) => !isNeeded(one) && before.has(one.artifact.digest)) }
}

/** The pieces of these artifacts. */
export function piecesOf(held: readonly Held[]): Set<string> {
  return new Set(held.flatMap(({ slices }) => [...packsOf(slices)]))
}

function digestsOf(goals: readonly Goal[]): Set<string> {
  return new Set(goals.flatMap(({ srv, cmd }) => [srv.digest, ...(cmd ? [cmd.digest] : [])]))
}
