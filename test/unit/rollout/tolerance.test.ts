import { expect, test } from 'vitest'
import { BY, Stage } from '../../sim/stage.ts'

const PAUSE = { type: 'PauseRequested', ...BY } as const
const RESUME = { type: 'ResumeRequested', overrideFreeze: false, ...BY } as const

test('resuming after the tolerance accepts what has failed so far, and what fails then counts from zero', () => {
  const stage = new Stage({ concurrency: 1, tolerance: { failed: 1 } }, 6)
  stage.start()
  for (const host of ['h1', 'h2']) {
    stage.claim(host)
    stage.fail(host)
  }
  expect(stage.rollout.hold).toMatchObject({ kind: 'tolerance', of: 'failed', count: 2, allowed: 1 })
  stage.take(RESUME)
  stage.claim('h3')
  stage.fail('h3')
  expect(stage.rollout.phase).toBe('running')
  stage.claim('h4')
  stage.fail('h4')
  expect(stage.rollout.hold).toMatchObject({ kind: 'tolerance', count: 4, allowed: 3 })
})

test.each([['pause', 'paused'], ['rollback', 'rolling-back']] as const)('a failure during a person’s pause is judged when that is lifted: %s', (onFailure, phase) => {
  const stage = new Stage({ onFailure, concurrency: 2 }, 4)
  stage.start()
  stage.claim('h1')
  stage.claim('h2')
  stage.take(PAUSE)
  stage.fail('h1')
  expect(stage.rollout.hold).toMatchObject({ kind: 'person' })
  stage.take(RESUME)
  expect(stage.rollout.phase).toBe(phase)
})

test('a host that was accepted as failed, is retried and fails again counts anew', () => {
  const stage = new Stage({}, 3)
  stage.start()
  stage.claim('h1')
  stage.fail('h1')
  stage.take(RESUME)
  expect(stage.rollout.accepted).toEqual({ failed: 1, unreachable: 0 })
  stage.take({ type: 'RetryRequested', which: 'failed', ...BY })
  expect(stage.rollout.accepted).toEqual({ failed: 0, unreachable: 0 })
  stage.claim('h1')
  stage.fail('h1')
  expect(stage.rollout.hold).toMatchObject({ kind: 'tolerance', count: 1, allowed: 0 })
})
