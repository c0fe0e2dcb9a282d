/** Hosts that have a slot of which the rollout knows nothing: Redis has failed over, and has forgotten how they got it. */
import { expect, test } from 'vitest'
import { Stage } from '../../sim/stage.ts'

const RAN = { revision: 'r0', version: '0.9' }

/** Two of five hosts at a time; commands are out, nothing is claimed. */
function prepared(): Stage {
  const stage = new Stage({ concurrency: 2 }, 5)
  stage.start()
  return stage
}

test('a slot that was forgotten counts again: nobody else is granted in its place', () => {
  const stage = prepared()
  stage.take({ type: 'SlotHeld', host: 'h1', attempt: 1, installed: RAN })
  stage.take({ type: 'SlotHeld', host: 'h2', attempt: 1, installed: RAN })
  expect(stage.task('h1')).toMatchObject({ state: 'claimed', before: RAN })
  stage.take({ type: 'ClaimRequested', host: 'h3', attempt: 1, epoch: 9, installed: RAN })
  expect(stage.task('h3').state).toBe('sent')
  stage.take({ type: 'TaskSucceeded', host: 'h1', attempt: 1, changed: true })
  expect(stage.task('h1').state).toBe('succeeded')
})

test('an attempt that was forgotten altogether has its slot, and its result decides', () => {
  const stage = prepared()
  stage.take({ type: 'SlotHeld', host: 'h1', attempt: 2, installed: RAN })
  expect(stage.task('h1')).toMatchObject({ state: 'unknown', attempt: 2, failure: { message: expect.stringContaining('forgotten') as unknown } })
  stage.take({ type: 'TaskSucceeded', host: 'h1', attempt: 2, changed: true })
  expect(stage.task('h1').state).toBe('succeeded')
})

test('it is no news of a slot that is known, nor of an attempt that is over', () => {
  const stage = prepared()
  stage.claim('h1')
  const claimed = stage.task('h1')
  stage.take({ type: 'SlotHeld', host: 'h1', attempt: 1, installed: RAN })
  expect(stage.task('h1')).toBe(claimed)
  stage.succeed('h1')
  const done = stage.task('h1')
  stage.take({ type: 'SlotHeld', host: 'h1', attempt: 1, installed: RAN })
  expect(stage.task('h1')).toBe(done)
})
