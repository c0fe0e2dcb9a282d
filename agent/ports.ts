/** What the agent needs of the rest of the world and takes from whoever provides it. */

/** Leave to fetch one artifact. */
export type Leave = {
  /** For the Authorization header. Rejects when nobody gives leave. */
  get(signal: AbortSignal): Promise<string>
  /** What was got last is not accepted any more. */
  drop(): void
}
