/**
 * A bake is kept in Redis and nowhere else: as a delayed job, which fires whoever runs then; and when that job is lost the sweep finds the
 * rollout. Two services bake at the same time while the coordinator dies; then one of them loses its job, and nobody sweeps.
 */
import { Queue } from 'bullmq'
import type { Job } from 'bullmq'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PREFIX, QUEUE_NAME } from '../../coordinator/adapters/queue/rollout-queue.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { until } from './fleet/until.ts'
import { WebService } from './web-service.ts'

/** Long enough for a coordinator to come back and for everything that its death has led to. */
const BAKE_MS = 20_000
/** A timer that is there fires well within this. */
const LATE_MS = 1500
/** The timer that gets lost is taken so long before it would fire: by then all that a restart leads to is over. */
const REMOVED_BEFORE_MS = 4000
/** What is behind the bake: one host, on a machine that has much to do. */
const SECOND_WAVE_MS = 30_000

stopFleetsAfterwards()

let fleet: Fleet
let queue: Queue

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 2 })
  const options = { prefix: PREFIX, connection: { path: fleet.coordinator.redisSocket, maxRetriesPerRequest: null } }
  queue = new Queue(QUEUE_NAME, options)
  // Redis ends and begins again with its coordinator; the connection comes back by itself.
  queue.on('error', () => {})
})
afterAll(async () => {
  await queue?.close()
})

test('a bake outlives its coordinator by a delayed job, and the loss of that job by the sweep', async () => {
  const [kept, lost] = await Promise.all([baking('kept'), baking('lost')])
  await fleet.restartCoordinator()
  await fleet.connected()
  await queue.removeJobScheduler('sweep')
  // Whoever comes back has its rollouts looked at, and their timers made anew.
  await sleep(lost.untilMs - REMOVED_BEFORE_MS - Date.now())
  await until('nothing but timers is in the queue', async () => (await jobs()).every(({ name }) => name === 'timer'))
  await timerOf(kept.id)
  await (await timerOf(lost.id)).remove()
  expect((await fleet.rollout(kept.id)).gate).toEqual({ kind: 'bake', untilMs: kept.untilMs })

  // Nothing else than its timer can move it: the other one, which has lost its own, shows that.
  expect((await fleet.ended(kept.id, BAKE_MS + SECOND_WAVE_MS)).phase).toBe('succeeded')
  const second = kept.web.ledgers(kept.id).filter(({ host }) => host === 'h2')
  for (const { begunAtMs } of second) expect(begunAtMs).toBeGreaterThanOrEqual(kept.untilMs)

  // That nothing happens without the job and the sweep can only be waited for.
  await sleep(Math.max(0, lost.untilMs + LATE_MS - Date.now()))
  expect((await fleet.rollout(lost.id)).gate).toEqual({ kind: 'bake', untilMs: lost.untilMs })
  await queue.add('sweep', { rollout: '' })
  expect((await fleet.ended(lost.id)).phase).toBe('succeeded')
})

/** A new service that bakes on its first host. */
async function baking(name: string): Promise<{ web: WebService; id: string; untilMs: number }> {
  const web = new WebService(fleet, name)
  await web.apply()
  await web.release('1')
  const id = await web.start('1', { waves: [1], bake: `${BAKE_MS}ms`, order: 'as-listed' })
  const { gate } = await fleet.rolloutWhen(id, 'baking', (rollout) => rollout.gate?.kind === 'bake')
  return { web, id, untilMs: gate?.kind === 'bake' ? gate.untilMs : NaN }
}

async function timerOf(id: string): Promise<Job> {
  return until(`a delayed job for the end of ${id}'s bake`, async () =>
    (await queue.getDelayed()).find(({ name, data }) => name === 'timer' && (data as { rollout: string }).rollout === id))
}

/** All that are not over. */
async function jobs(): Promise<Job[]> {
  return queue.getJobs(['delayed', 'waiting', 'active', 'prioritized'])
}
