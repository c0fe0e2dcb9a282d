import { expect, test } from 'vitest'
import { Stage } from '../../sim/stage.ts'

test('a report of an earlier step that arrives late does not put the host back to it', () => {
  const stage = new Stage({}, 1)
  stage.start()
  stage.take({ type: 'StepStarted', host: 'h1', attempt: 1, step: 'preflight' })
  stage.take({ type: 'StepStarted', host: 'h1', attempt: 1, step: 'fetch' })
  const { rollout } = stage
  stage.take({ type: 'StepStarted', host: 'h1', attempt: 1, step: 'preflight' })
  expect(stage.task('h1').step).toBe('fetch')
  expect(stage.rollout).toBe(rollout)
})

test('a step of the time before the grant that arrives after it does not make the host run', () => {
  const stage = new Stage({}, 1)
  stage.start()
  stage.claim('h1')
  stage.take({ type: 'StepStarted', host: 'h1', attempt: 1, step: 'unpack' })
  expect(stage.task('h1')).toMatchObject({ state: 'claimed', step: null })
  stage.take({ type: 'StepStarted', host: 'h1', attempt: 1, step: 'stop' })
  expect(stage.task('h1')).toMatchObject({ state: 'running', step: 'stop' })
})
