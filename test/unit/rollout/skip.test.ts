import { describe, expect, test } from 'vitest'
import { BY, Stage } from '../../sim/stage.ts'

const ABORT = { type: 'AbortRequested', ...BY } as const

function started(): Stage {
  const stage = new Stage({ attempts: 2, tolerance: { failed: 1, unreachable: 1 } }, 3)
  stage.start()
  return stage
}

describe('skipping a host', () => {
  test.each<[string, (stage: Stage) => void, string[]]>([
    ['whose command is out takes that back', () => {}, ['WithdrawCommand']],
    ['in line for a slot takes its command back', (stage) => stage.engine.take({ type: 'PauseRequested', ...BY }, 0), ['WithdrawCommand']],
    ['between two tries', (stage) => void (stage.claim('h1'), stage.fail('h1')), []],
    ['whose outcome is unknown voids its command', (stage) => void (stage.claim('h1'), stage.fail('h1', { verdict: 'unknown' })), ['WithdrawCommand']],
    ['that is unreachable', (stage) => stage.lose('h1'), []],
    ['that is being changed and has gone silent voids its command', (stage) => void (stage.claim('h1'), stage.lose('h1')), ['WithdrawCommand']],
  ])('%s', (_, prepare, effects) => {
    const stage = started()
    prepare(stage)
    const own = stage.skip('h1').effects.filter((effect) => 'host' in effect && effect.host === 'h1')
    expect(own.map(({ type }) => type)).toEqual(effects)
    expect(stage.task('h1').state).toBe('skipped')
  })

  test.each<[string, (stage: Stage) => void, string]>([
    ['that is being changed and is there', (stage) => stage.claim('h1'), 'h1 is being changed right now; wait for its outcome, or end it: rollout kill web-7 h1'],
    ['that has succeeded', (stage) => stage.succeed('h1', false), 'h1 has succeeded already'],
    ['that has been skipped', (stage) => stage.skip('h1'), 'h1 has been skipped already'],
    ['after the end', (stage) => stage.take(ABORT), 'web-7 has ended (aborted)'],
  ])('%s is refused', (_, prepare, why) => {
    const stage = started()
    prepare(stage)
    expect(stage.skip('h1').refused).toBe(why)
  })

  test('frees the slot of an unknown one for the next in line', () => {
    const stage = new Stage({ concurrency: 1 }, 2)
    stage.start()
    stage.claim('h1')
    stage.claim('h2')
    stage.fail('h1', { verdict: 'unknown' })
    stage.skip('h1')
    expect(stage.task('h2').state).toBe('claimed')
  })

  test('lets its wave go on without it', () => {
    const stage = new Stage({ waves: [1] }, 2)
    stage.start()
    stage.skip('h1')
    expect(stage.rollout.wave).toBe(1)
    expect(stage.task('h2').state).toBe('sent')
  })
})
