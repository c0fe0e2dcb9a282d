/** When all hosts of a rollout fetch before its first wave. */

/** A rollout over more hosts fetches ahead, unless its strategy says that it does not. */
export const PREFETCH_ABOVE_HOSTS = 50

export function fetchesAhead(prefetch: boolean | null, hosts: number): boolean {
  return prefetch ?? hosts > PREFETCH_ABOVE_HOSTS
}
