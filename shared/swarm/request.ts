/** What a host asks in a swarm, and of whom. */
import type { Bitmap } from './bitmap.ts'

/** `serves`: the pieces that are asked of this relay when several share them; null is all. */
export type Relay = { name: string; serves: Bitmap | null }

/** One to send. `id` names it in everything that is told of it later. Of a relay any of the `wanted` pieces is asked for, of a peer one by its number. */
export type Request =
  | { id: number; of: 'peer'; peer: string; index: number }
  | { id: number; of: 'relay'; relay: string; wanted: Bitmap }

/** `ask`: send these now. `cancel`: break these off. `wakeAtMs`: decide again by then, or at the next event; null: only then. */
export type Decision = { ask: Request[]; cancel: number[]; wakeAtMs: number | null }
