/** A queue on a real Redis with jobs that a test can watch and hold. */
import { EventEmitter, once } from 'node:events'
import { openQueue } from '../../coordinator/adapters/queue/rollout-queue.ts'
import type { RolloutQueue } from '../../coordinator/adapters/queue/rollout-queue.ts'
import { bullWakeups } from '../../coordinator/adapters/queue/wakeups.ts'
import { runJobs } from '../../coordinator/adapters/queue/worker.ts'
import type { RunningJobs } from '../../coordinator/adapters/queue/worker.ts'
import { connectRedis } from '../../coordinator/adapters/redis/connection.ts'
import type { Wakeups } from '../../coordinator/engine/ports/wakeups.ts'
import { silent } from './real-redis.ts'

/** What has run, in order: 'drive web-1', 'start web-1', 'sweep'. */
export class Drives {
  readonly log: { what: string; atMs: number }[] = []
  readonly #events = new EventEmitter().setMaxListeners(100)
  readonly #active = new Map<string, number>()
  /** The most drives of one rollout that were ever active at once. */
  mostAtOnce = 0
  /** What a drive does; by default nothing. */
  during: (rollout: string) => Promise<void> = () => Promise.resolve()

  async run(what: 'drive' | 'start', rollout: string): Promise<void> {
    const active = (this.#active.get(rollout) ?? 0) + 1
    this.#active.set(rollout, active)
    this.mostAtOnce = Math.max(this.mostAtOnce, active)
    this.note(`${what} ${rollout}`)
    try {
      await this.during(rollout)
    } finally {
      this.#active.set(rollout, (this.#active.get(rollout) ?? 1) - 1)
    }
  }

  note(what: string): void {
    this.log.push({ what, atMs: Date.now() })
    this.#events.emit('noted')
  }

  count(what: string): number {
    return this.log.filter((entry) => entry.what === what).length
  }

  /** Resolves once `what` has begun `times` times. */
  async until(what: string, times = 1): Promise<void> {
    while (this.count(what) < times) await once(this.#events, 'noted')
  }
}

export type Coordinator = { queue: RolloutQueue; wakeups: Wakeups; run(): Promise<RunningJobs>; stop(): Promise<void> }

export function coordinator(url: string, drives: Drives): Coordinator {
  const connections = connectRedis(url, silent)
  const queue = openQueue(connections, silent)
  const wakeups = bullWakeups(queue)
  let running: RunningJobs | null = null
  return {
    queue, wakeups,
    async run() {
      const jobs = {
        start: (rollout: string) => drives.run('start', rollout), drive: (rollout: string) => drives.run('drive', rollout),
        fire: async (schedule: string) => drives.note(`fire ${schedule}`), sweep: async () => drives.note('sweep'),
      }
      running = await runJobs({ connections, queue, wakeups, jobs, log: silent })
      return running
    },
    async stop() {
      await running?.close()
      connections.close()
    },
  }
}
