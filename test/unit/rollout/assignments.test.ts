import { describe, expect, test } from 'vitest'
import { BY, Stage } from '../../sim/stage.ts'
import type { Outcome } from '../../sim/stage.ts'

const ROLLBACK = { type: 'RollbackRequested', wave: null, ...BY } as const

/** What the act assigned, in order. */
const assigned = ({ effects }: Outcome) => effects.flatMap((effect) => (effect.type === 'Assign' ? [effect.revision] : []))

function claimed(): Stage {
  const stage = new Stage({}, 1)
  stage.start()
  stage.claim('h1')
  return stage
}

describe('the assignment', () => {
  test('moves with the grant, and not again with the success', () => {
    const stage = new Stage({}, 1)
    stage.start()
    expect(assigned(stage.claim('h1'))).toEqual(['new'])
    expect(assigned(stage.succeed('h1'))).toEqual([])
  })

  test('of a host that runs the revision already moves with its report', () => {
    const stage = new Stage({}, 1)
    stage.start()
    expect(assigned(stage.succeed('h1', false))).toEqual(['new'])
    expect(stage.task('h1')).toMatchObject({ state: 'succeeded', changed: false, touchedAtMs: null })
  })

  test('goes back with the host that was put back', () => {
    expect(assigned(claimed().fail('h1', { revert: 'succeeded' }))).toEqual(['old'])
  })

  test('goes back when nothing had to be put back', () => {
    expect(assigned(claimed().fail('h1', { step: 'stop', revert: 'not-needed' }))).toEqual(['old'])
  })

  test('stays when the host could not be put back, until a rollback finds it there', () => {
    const stage = claimed()
    expect(assigned(stage.fail('h1', { revert: 'failed' }))).toEqual([])
    stage.take(ROLLBACK)
    expect(assigned(stage.succeed('h1', false))).toEqual(['old'])
    expect(stage.rollout.phase).toBe('rolled-back')
  })

  test('does not move for an attempt that failed before its grant', () => {
    const stage = new Stage({}, 1)
    stage.start()
    expect(assigned(stage.fail('h1', { step: 'fetch', revert: 'not-needed' }))).toEqual([])
  })
})

test('without a slot nothing was touched: an unknown outcome is a failure, and takes no slot', () => {
  const stage = new Stage({ concurrency: 1 }, 2)
  stage.start()
  stage.claim('h1')
  stage.fail('h2', { verdict: 'unknown', step: 'preflight', revert: 'not-needed' })
  expect(stage.task('h2').state).toBe('failed')
})
