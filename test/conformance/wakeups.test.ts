import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keepSweeping } from '../../coordinator/adapters/queue/sweep-schedule.ts'
import { coordinator, Drives } from './queue-fixture.ts'
import type { Coordinator } from './queue-fixture.ts'
import { realRedis, silent } from './real-redis.ts'
import type { RealRedis } from './real-redis.ts'

const FAR_MS = 600_000

describe('Wakeups', () => {
  let redis: RealRedis
  let drives: Drives
  let one: Coordinator
  let all: Coordinator[]

  beforeEach(async () => {
    redis = await realRedis()
    drives = new Drives()
    all = []
    one = another()
  })
  afterEach(async () => {
    await Promise.all(all.map((each) => each.stop()))
    await redis.stop()
  })

  function another(): Coordinator {
    const made = coordinator(redis.server.url, drives)
    all.push(made)
    return made
  }

  /** Once this has run, so has everything that was in the queue before. */
  async function drained(): Promise<void> {
    const marker = `marker-${drives.log.length + 1}`
    await one.wakeups.wake(marker)
    await drives.until(`drive ${marker}`)
  }

  /** The times of the timers that are set. */
  async function timers(): Promise<number[]> {
    const delayed = await one.queue.getDelayed()
    return delayed.filter((job) => job.name === 'timer').map((job) => job.timestamp + job.delay)
  }

  test('wake-ups of a rollout that is not driven yet are one drive', async () => {
    await one.wakeups.enqueue('web-1')
    for (let i = 0; i < 50; i++) await one.wakeups.wake('web-1')
    await one.run()
    await drained()
    expect(drives.count('start web-1') + drives.count('drive web-1')).toBe(1)
  })

  test('a hundred wake-ups during a drive are exactly one more', async () => {
    const { promise: hold, resolve: release } = Promise.withResolvers<void>()
    drives.during = () => hold
    await one.run()
    await one.wakeups.wake('web-1')
    await drives.until('drive web-1')
    await Promise.all(Array.from({ length: 100 }, () => one.wakeups.wake('web-1')))
    expect(drives.count('drive web-1')).toBe(1)
    release()
    await drives.until('drive web-1', 2)
    await drained()
    expect(drives.count('drive web-1')).toBe(2)
  })

  test('a rollout is never driven twice at once, on however many coordinators, and the last wake-up is always heeded', async () => {
    const two = another()
    await one.run()
    await two.run()
    let wanted = 0
    let heeded = 0
    drives.during = async () => {
      const seen = wanted
      await new Promise(setImmediate)
      heeded = seen
    }
    for (const { wakeups } of Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? one : two))) {
      wanted++
      await wakeups.wake('web-1')
    }
    await expect.poll(() => heeded, { timeout: 10_000 }).toBe(60)
    expect(drives.mostAtOnce).toBe(1)
  })

  test('a timer that is set again fires once, at its new time', async () => {
    await one.run()
    await one.wakeups.wakeAt('web-1', Date.now() + FAR_MS)
    const atMs = Date.now() + 150
    await one.wakeups.wakeAt('web-1', atMs)
    expect(await timers()).toEqual([atMs])
    await drives.until('drive web-1')
    expect(drives.log.find(({ what }) => what === 'drive web-1')!.atMs).toBeGreaterThanOrEqual(atMs)
    await drained()
    expect(drives.count('drive web-1')).toBe(1)
    expect(await timers()).toEqual([])
  })

  test('a timer may be put off, and taken away', async () => {
    await one.wakeups.wakeAt('web-1', Date.now())
    const laterMs = Date.now() + FAR_MS
    await one.wakeups.wakeAt('web-2', Date.now() + 1000)
    await one.wakeups.wakeAt('web-2', laterMs)
    await one.wakeups.wakeAt('web-3', laterMs)
    expect(await timers()).toHaveLength(2)
    await one.wakeups.wakeAt('web-2', null)
    await one.wakeups.wakeAt('web-2', null)
    expect(await timers()).toEqual([laterMs])
    await one.run()
    await drives.until('drive web-1')
  })

  test('a drive that sets the next timer each time is woken each time', async () => {
    drives.during = (rollout) => one.wakeups.wakeAt(rollout, Date.now() + 20)
    await one.run()
    await one.wakeups.wake('web-1')
    await drives.until('drive web-1', 8)
    expect(drives.mostAtOnce).toBe(1)
    drives.during = () => Promise.resolve()
  })

  test('a drive that throws is tried again, and a wake-up meanwhile is not lost', async () => {
    drives.during = async () => {
      if (drives.count('drive web-1') < 3) throw new Error('not yet')
    }
    await one.run()
    await one.wakeups.wake('web-1')
    await drives.until('drive web-1', 3)
    await one.wakeups.wake('web-1')
    await drives.until('drive web-1', 4)
    await drained()
    expect(drives.count('drive web-1')).toBe(4)
  })

  test('a killed coordinator’s drive runs again elsewhere, and so does what it was woken for', async () => {
    const program = new URL('./queue-process.ts', import.meta.url).pathname
    const child = spawn(process.execPath, [program, redis.server.url], { stdio: ['ignore', 'pipe', 'inherit'] })
    await one.wakeups.wake('web-1')
    expect(String((await once(child.stdout, 'data'))[0])).toBe('driving web-1\n')
    await one.wakeups.wake('web-1')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await one.run()
    await drives.until('drive web-1', 2)
    expect(drives.mostAtOnce).toBe(1)
  })

  test('jobs go on after a kill of Redis', async () => {
    await one.run()
    await one.wakeups.wakeAt('web-2', Date.now() + 300)
    await redis.kill()
    await one.wakeups.wake('web-1')
    await drives.until('drive web-1')
    await drives.until('drive web-2')
    await drained()
    expect(drives.mostAtOnce).toBe(1)
  })

  test('an instant of a schedule fires once, however many ask for it, and the next one by itself', async () => {
    await one.run()
    const other = another()
    const atMs = Date.now() + 200
    await Promise.all([one, other, one].map(({ wakeups }) => wakeups.fireAt('nightly', atMs)))
    await one.wakeups.fireAt('nightly', atMs + 100)
    await drives.until('fire nightly', 2)
    await drained()
    expect(drives.count('fire nightly')).toBe(2)
  })

  test('closing lets an active drive finish', async () => {
    const { promise: hold, resolve: release } = Promise.withResolvers<void>()
    let isFinished = false
    drives.during = async () => {
      await hold
      isFinished = true
    }
    const running = await one.run()
    await one.wakeups.wake('web-1')
    await drives.until('drive web-1')
    const closed = running.close().then(() => isFinished)
    release()
    expect(await closed).toBe(true)
  })

  test('the sweep begins at once, and a lost one is put back', async () => {
    const sweeps = async () => (await one.queue.getJobs(['delayed', 'waiting'])).filter((job) => job.name === 'sweep').length
    await one.run()
    await drives.until('sweep')
    await expect.poll(sweeps).toBe(1)

    const [scheduled] = (await one.queue.getDelayed()).filter((job) => job.name === 'sweep')
    await redis.connections.commands.zrem('{muster}:rollouts:delayed', scheduled!.id!)
    await redis.connections.commands.del(`{muster}:rollouts:${scheduled!.id}`)
    expect(await sweeps()).toBe(0)
    const stop = await keepSweeping(one.queue, silent)
    expect(await sweeps()).toBe(1)

    await one.queue.removeJobScheduler('sweep')
    expect(await sweeps()).toBe(0)
    const stopAgain = await keepSweeping(one.queue, silent)
    await drives.until('sweep', 2)
    stop()
    stopAgain()
  })
})
