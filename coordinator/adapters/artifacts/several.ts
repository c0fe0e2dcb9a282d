/** Does the same with many things, some at a time. */

/** Requests of one job that are on their way to the objects at once. */
const AT_ONCE = 16

/** In their order. Once one has failed no more are begun. */
export async function several<T, R>(things: readonly T[], work: (thing: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const line = async (): Promise<void> => {
    while (next < things.length) {
      const at = next++
      try {
        results[at] = await work(things[at]!)
      } catch (error) {
        next = things.length
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, things.length) }, line))
  return results
}
