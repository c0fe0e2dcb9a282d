import { expect, test } from 'vitest'
import { Stage } from '../../sim/stage.ts'

test('a rollout over no hosts ends at once', () => {
  const stage = new Stage({}, 0)
  stage.start()
  expect(stage.rollout.phase).toBe('succeeded')
})
