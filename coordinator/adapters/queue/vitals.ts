/** What BullMQ and the connections to Redis say of themselves. */
import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Vitals } from '../../engine/ports/vitals.ts'

const STATES = ['waiting', 'active', 'delayed', 'failed'] as const

export function queueVitals(queues: readonly Pick<Queue, 'name' | 'getJobCounts'>[], redis: Redis): Vitals {
  let errors = 0
  redis.on('error', () => { errors += 1 })
  return {
    async queues() {
      const depths = await Promise.all(queues.map(async (queue) => {
        const counts = await queue.getJobCounts(...STATES)
        return STATES.map((state) => ({ queue: queue.name, state, jobs: counts[state] ?? 0 }))
      }))
      return depths.flat()
    },
    redisErrors: () => errors,
  }
}
