import { expect, test } from 'vitest'
import { Stage } from '../../sim/stage.ts'

test('a rollout over no hosts ends at once', () => {
  const stage = new Stage({}, 0)
  stage.start()
  expect(stage.rollout.phase).toBe('succeeded')
})

test('a rollout in which nothing succeeded has failed, however much it tolerates', () => {
  const stage = new Stage({ tolerance: { failed: 2 } }, 2)
  stage.start()
  for (const host of ['h1', 'h2']) {
    stage.claim(host)
    stage.fail(host)
  }
  expect(stage.rollout.phase).toBe('failed')
})

test('one that tolerates what went wrong beside what succeeded has succeeded', () => {
  const stage = new Stage({ tolerance: { failed: 2 } }, 2)
  stage.start()
  stage.claim('h1')
  stage.succeed('h1')
  stage.claim('h2')
  stage.fail('h2')
  expect(stage.rollout.phase).toBe('succeeded')
})
