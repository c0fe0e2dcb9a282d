/** A rollout knows its rows by their counts alone, so the counts always say what the rows say. */
import type { QueueName, Wave } from '../../../coordinator/rollout/state.ts'
import { emptyQueues, emptyTally, queuesOf } from '../../../coordinator/rollout/tally.ts'
import { insist } from '../law.ts'
import type { Law } from '../law.ts'

export function countsLaw(): Law {
  return {
    afterStep({ after: { rollout } }, { engine }) {
      const queues = emptyQueues()
      const waves = rollout.waves.map(({ size }): Wave => ({ size, forward: emptyTally(), back: emptyTally(), parked: 0, done: 0 }))
      for (const row of engine.rows.values()) {
        const wave = waves[row.wave]!
        wave[row.direction][row.state]++
        if (row.direction === 'forward' && row.parked !== null) wave.parked++
        for (const name of Object.keys(queuesOf(row)) as QueueName[]) queues[name]++
        if ('done-forward' in queuesOf(row)) wave.done++
      }
      insist(same(queues, rollout.queues), () => `the queues hold ${JSON.stringify(queues)}, and the rollout says ${JSON.stringify(rollout.queues)}`)
      insist(
        waves.every((wave, index) => sameWave(wave, rollout.waves[index]!)),
        () => `the rows make ${JSON.stringify(waves)}, and the rollout says ${JSON.stringify(rollout.waves)}`,
      )
      const turned = [...engine.rows.values()].filter((row) => row.direction === 'back').length
      insist(rollout.turned === turned, () => `${turned} rows go back, and the rollout says ${rollout.turned}`)
      const retriable = rollout.queues[`retry-${rollout.direction}`]
      insist(rollout.toRetry <= retriable, () => `${rollout.toRetry} rows are still to be retried, and only ${retriable} can be`)
    },
  }
}

function sameWave(a: Wave, b: Wave): boolean {
  return a.size === b.size && a.parked === b.parked && a.done === b.done && same(a.forward, b.forward) && same(a.back, b.back)
}

function same<K extends string>(a: Record<K, number>, b: Record<K, number>): boolean {
  return (Object.keys(a) as K[]).every((key) => a[key] === b[key])
}
