/** What a rollout puts down in the histories of its hosts. */
import { expect, test } from 'vitest'
import type { TaskRecord } from '../../../coordinator/rollout/effect.ts'
import { Stage } from '../../sim/stage.ts'
import type { Outcome } from '../../sim/stage.ts'

function records({ steps }: Outcome): TaskRecord[] {
  return steps.flatMap(({ after }) => after.effects.flatMap((effect) => (effect.type === 'Record' ? [effect.entry] : [])))
}

function started(): Stage {
  const stage = new Stage({ attempts: 1, tolerance: { failed: 3 } }, 3)
  stage.start()
  return stage
}

const BOB = { by: 'bob', reason: 'it is being repaired' }

test('an outcome is by whoever began the rollout, with what ran before and what the host says', () => {
  const stage = started()
  stage.claim('h1')
  expect(records(stage.succeed('h1'))).toMatchObject([{ state: 'succeeded', attempt: 1, from: 'old', message: null, by: 'ann' }])
  stage.claim('h2')
  expect(records(stage.fail('h2'))).toMatchObject([{ state: 'failed', message: 'check failed', by: 'ann', reason: null }])
})

test('a host that a person left out, or whose script a person ended, says who, and why', () => {
  const stage = started()
  expect(records(stage.take({ type: 'SkipRequested', host: 'h1', presence: 'connected', ...BOB }))).toMatchObject([{ state: 'skipped', ...BOB }])
  stage.claim('h2')
  stage.take({ type: 'KillRequested', host: 'h2', ...BOB })
  expect(records(stage.fail('h2'))).toMatchObject([{ state: 'failed', ...BOB }])
  stage.claim('h3')
  expect(records(stage.fail('h3'))).toMatchObject([{ state: 'failed', by: 'ann' }])
})
