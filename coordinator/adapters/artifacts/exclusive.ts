/** The right to put records, and to remove what none needs: one at a time over all coordinators that share a store. */

/** `confirm` is called right before what must not happen once the turn is lost. @throws MusterError unavailable */
export type StoreTurn = { confirm(): Promise<void> }

export type Exclusively = <T>(work: (turn: StoreTurn) => Promise<T>) => Promise<T>

/** For a store that no other process has open. */
export function oneProcess(): Exclusively {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(() => work({ confirm: async () => undefined }))
    last = next.catch(() => undefined)
    return next
  }
}
