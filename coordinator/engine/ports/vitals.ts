/** How the machinery below the engine is doing, for those who watch over it. */
export type QueueDepth = { queue: string; state: string; jobs: number }

export interface Vitals {
  queues(): Promise<QueueDepth[]>
  /** How often a connection to Redis has failed since this coordinator began. */
  redisErrors(): number
}
