/** What the agent needs of the rest of the world and takes from whoever provides it. */
import type { Artifact } from '../shared/command.ts'

export type FetchOptions = { onProgress: (bytesDone: number) => void; signal: AbortSignal }

/**
 * Brings an artifact into `file`, whole and with the right digest, or rejects with a line for a person. What an earlier call has
 * left in `file` or beside it is made use of.
 */
export type Fetch = (artifact: Artifact, file: string, options: FetchOptions) => Promise<void>
