/**
 * One at a time over all coordinators: what looks at all rollouts of a service and then creates one, or opens one again, must not happen twice at once; nor
 * what looks at all that the artifact store has, and then keeps or removes something.
 */

/** How long one turn may take; whoever takes longer, or dies in it, loses it to the next. */
export const TURN_MS = 30_000
/** How long somebody waits for his. */
export const TURN_WAIT_MS = 20_000

export type Turn = {
  /** To be called right before what must not happen twice. @throws MusterError unavailable when the turn has been lost */
  confirm(): Promise<void>
}

export interface Turns {
  /**
   * Does `work` while nobody else is at the same thing: a service by its name, or the artifact store, in words that a person is told.
   * @throws what `work` throws; MusterError unavailable when the turn does not come within TURN_WAIT_MS
   */
  inTurn<T>(thing: string, work: (turn: Turn) => Promise<T>): Promise<T>
}
