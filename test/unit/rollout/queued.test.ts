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
  const resumed = after({ type: 'PauseRequested', ...BY }, { type: 'ResumeRequested', overrideFreeze: false, ...BY })
  expect(resumed).toMatchObject({ phase: 'queued', hold: null, startedAtMs: null })
  expect(want(resumed)).toBeNull()
  expect(after({ type: 'PauseRequested', ...BY }, { type: 'ResumeRequested', overrideFreeze: false, ...BY }, { type: 'RolloutStarted' })).toMatchObject({ phase: 'running', startedAtMs: 1000 })
})

test.each([
  [{ type: 'AbortRequested', ...BY }, 'aborted'],
  [{ type: 'RollbackRequested', wave: null, ...BY }, 'rolled-back'],
] as const)('$0.type before the start ends it, and it never starts', (event, phase) => {
  expect(after(event, { type: 'RolloutStarted' })).toMatchObject({ phase, startedAtMs: null })
})

test('a rollout that waits for others begins when all of them have ended', () => {
  const waiting = { ...newRollout({ ...ORDER, waitsFor: ['web-1', 'web-2'] }, 0).rollout }
  const events: Event[] = [{ type: 'RolloutStarted' }, { type: 'WaitEnded', rollouts: ['web-2'] }, { type: 'RolloutStarted' }]
  const still = events.reduce((rollout, event) => step(rollout, null, event, 1000).rollout, waiting)
  expect(still).toMatchObject({ phase: 'queued', waitsFor: ['web-1'] })
  const free = step(still, null, { type: 'WaitEnded', rollouts: ['web-1'] }, 2000).rollout
  expect(step(free, null, { type: 'RolloutStarted' }, 2000).rollout).toMatchObject({ phase: 'running', startedAtMs: 2000 })
})
