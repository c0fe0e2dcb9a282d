/** A promise of the machine, as something that watches a world and throws when it is broken. Laws have memory: a fresh one per world. */
import type { Effect } from '../../coordinator/rollout/effect.ts'
import type { Seen } from './engine.ts'
import type { SimHost } from './host.ts'
import type { World } from './world.ts'

export type Law = {
  afterStep?: (seen: Seen, world: World) => void
  /** A host begins to touch what runs. */
  onTouch?: (host: SimHost, attempt: number, world: World) => void
  /** A host begins a script that runs once. */
  onScript?: (sent: Extract<Effect, { type: 'SendScript' }>, world: World) => void
  /** Nothing will happen unless a person acts, and the rollout has not ended. */
  whenStill?: (world: World) => void
  /** The rollout has ended, and nothing is under way any more. */
  atEnd?: (world: World) => void
}
export type NewLaw = () => Law

/** @throws when `holds` is false, saying what should have been */
export function insist(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new Error(`broken promise: ${what()}`)
}
