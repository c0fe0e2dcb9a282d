import { expect, it } from 'vitest'
import { OneAtATime } from '../../shared/one-at-a-time.ts'

/** A run that ends when it is told to. */
function held() {
  const runs: PromiseWithResolvers<string>[] = []
  const work = new OneAtATime(() => {
    const run = Promise.withResolvers<string>()
    runs.push(run)
    return run.promise
  })
  return { runs, work }
}

it('calls while a run is under way share one more run, which begins after it', async () => {
  const { runs, work } = held()
  const first = work.again()
  await Promise.resolve()
  expect(runs).toHaveLength(1)
  const later = [work.again(), work.again(), work.again()]
  await Promise.resolve()
  expect(runs).toHaveLength(1)
  runs[0]!.resolve('first')
  expect(await first).toBe('first')
  while (runs.length < 2) await Promise.resolve()
  runs[1]!.resolve('second')
  expect(await Promise.all(later)).toEqual(['second', 'second', 'second'])
  expect(runs).toHaveLength(2)
})

it('a run that fails fails those who asked for it, and nobody after them', async () => {
  const { runs, work } = held()
  const first = work.again()
  await Promise.resolve()
  const second = work.again()
  runs[0]!.reject(new Error('no'))
  await expect(first).rejects.toThrow('no')
  while (runs.length < 2) await Promise.resolve()
  runs[1]!.resolve('yes')
  expect(await second).toBe('yes')
})
