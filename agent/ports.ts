/** What the agent needs of the rest of the world and takes from whoever provides it. */
import type { Artifact } from '../shared/command.ts'

/** Leave to fetch one artifact. */
export type Leave = {
  /** For the Authorization header. Rejects when nobody gives leave. */
  get(signal: AbortSignal): Promise<string>
  /** What was got last is not accepted any more. */
  drop(): void
}

export type FetchOptions = { onProgress: (bytesDone: number) => void; leave: Leave; signal: AbortSignal }

/**
 * Brings an artifact into `file`, whole and with the right digest, or rejects with a line for a person. What an earlier call has
 * left in `file` or beside it is made use of.
 */
export type Fetch = (artifact: Artifact, file: string, options: FetchOptions) => Promise<void>
