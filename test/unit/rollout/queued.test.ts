import { expect, test } from 'vitest'
import { newRollout } from '../../../coordinator/rollout/plan.ts'
import type { Event } from '../../../coordinator/rollout/event.ts'
import { step } from '../../../coordinator/rollout/step.ts'
import { want } from '../../../coordinator/rollout/want.ts'
import { strategySchema } from '../../../shared/strategy.ts'

const BY = { by: 'ann', reason: null }
const ORDER = { id: 'web-7', service: 'web', release: '2.0', revision: 'new', actor: 'ann', reason: null, strategy: strategySchema.parse({}), hosts: [{ host: 'h1', revision: 'new' }] }

function after(...events: Event[]) {
  return events.reduce((rollout, event) => step(rollout, null, event, 1000).rollout, newRollout(ORDER, 0).rollout)
}

test('a rollout that is paused before it began waits for its start when it is resumed', () => {
  const resumed = after({ type: 'PauseRequested', ...BY }, { type: 'ResumeRequested', ...BY })
  expect(resumed).toMatchObject({ phase: 'queued', hold: null, startedAtMs: null })
  expect(want(resumed)).toBeNull()
  expect(after({ type: 'PauseRequested', ...BY }, { type: 'ResumeRequested', ...BY }, { type: 'RolloutStarted' })).toMatchObject({ phase: 'running', startedAtMs: 1000 })
})

test.each([['AbortRequested', 'aborted'], ['RollbackRequested', 'rolled-back']] as const)('%s before the start ends it, and it never starts', (type, phase) => {
  expect(after({ type, ...BY }, { type: 'RolloutStarted' })).toMatchObject({ phase, startedAtMs: null })
})
