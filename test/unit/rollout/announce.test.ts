/** What a rollout says to those outside: that it waits for a person's word, once each time that it comes to wait. */
import { expect, test } from 'vitest'
import type { Announcement } from '../../../coordinator/rollout/effect.ts'
import { Stage } from '../../sim/stage.ts'
import type { Outcome } from '../../sim/stage.ts'

function announced({ steps }: Outcome): Announcement[] {
  return steps.flatMap(({ after }) => after.effects.flatMap((effect) => (effect.type === 'Announce' ? [effect.announcement] : [])))
}

const events = (outcome: Outcome) => announced(outcome).map(({ event }) => event)
const UNKNOWN = { verdict: 'unknown' } as const

function started(concurrency: number, hosts: number): Stage {
  const stage = new Stage({ concurrency, attempts: 1, tolerance: { failed: hosts } }, hosts)
  stage.start()
  return stage
}

test('that it stands on an unknown outcome is said with the reason, and what comes in meanwhile does not repeat it', () => {
  const stage = started(1, 2)
  stage.claim('h1')
  expect(announced(stage.fail('h1', UNKNOWN))).toMatchObject([{ event: 'waits', phase: 'running', why: expect.stringContaining('1 host is unknown') as unknown }])
  expect(events(stage.fail('h1', UNKNOWN))).toEqual([])
  expect(events(stage.claim('h2'))).toEqual([])
})

test('it is not said while other hosts go on, not even between one and the next', () => {
  const stage = started(2, 5)
  stage.claim('h1')
  stage.claim('h2')
  expect(events(stage.fail('h1', UNKNOWN))).toEqual([])
  expect(events(stage.succeed('h2'))).toEqual([])
  for (const host of ['h3', 'h4']) {
    stage.claim(host)
    expect(events(stage.succeed(host))).toEqual([])
  }
  stage.claim('h5')
  expect(events(stage.succeed('h5'))).toEqual(['waits'])
})

test('it is said anew when it has gone on and comes to wait again', () => {
  const stage = started(1, 2)
  stage.claim('h1')
  stage.fail('h1', UNKNOWN)
  stage.take({ type: 'SkipRequested', host: 'h1', presence: 'connected', by: 'ann', reason: null })
  stage.claim('h2')
  expect(events(stage.fail('h2', UNKNOWN))).toEqual(['waits'])
})

test('a rollback that has hosts to put back first does not say it before they are back', () => {
  const stage = started(2, 2)
  stage.claim('h1')
  stage.claim('h2')
  stage.succeed('h2')
  stage.take({ type: 'PauseRequested', by: 'ann', reason: null })
  stage.fail('h1', UNKNOWN)
  expect(events(stage.take({ type: 'RollbackRequested', wave: null, by: 'ann', reason: null }))).toEqual(['rolling-back'])
  stage.claim('h2', 'new')
  expect(events(stage.succeed('h2'))).toEqual(['waits'])
})
