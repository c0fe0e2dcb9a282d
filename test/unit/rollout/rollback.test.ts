import { describe, expect, test } from 'vitest'
import { BY, Stage } from '../../sim/stage.ts'
import type { Outcome } from '../../sim/stage.ts'

const ABORT = { type: 'AbortRequested', ...BY } as const
const ROLLBACK = { type: 'RollbackRequested', wave: null, ...BY } as const
const RESUME = { type: 'ResumeRequested', overrideFreeze: false, ...BY } as const
const PAUSE = { type: 'PauseRequested', ...BY } as const

function deployed(hosts: number, strategy: ConstructorParameters<typeof Stage>[0] = {}): Stage {
  const stage = new Stage(strategy, hosts)
  stage.start()
  for (let host = 1; host <= hosts; host++) {
    stage.claim(`h${host}`)
    stage.succeed(`h${host}`)
    stage.nowMs += 1_000
  }
  return stage
}

const sentTo = ({ effects }: Outcome) => effects.flatMap((effect) => (effect.type === 'SendCommand' ? [`${effect.host}: ${effect.revision}`] : []))

describe('a rollback', () => {
  test('of a finished rollout puts the last one that was done back first', () => {
    expect(sentTo(deployed(3).take(ROLLBACK))).toEqual(['h3: old', 'h2: old', 'h1: old'])
  })

  test('leaves alone what was never touched', () => {
    const stage = new Stage({ waves: [2, 2] }, 4)
    stage.start()
    stage.claim('h1')
    stage.succeed('h1')
    stage.succeed('h2', false)
    expect(sentTo(stage.take(ROLLBACK))).toEqual(['h1: old'])
  })

  test('takes the service off a host that ran none', () => {
    const stage = new Stage({}, 1)
    stage.start()
    stage.claim('h1', null)
    stage.succeed('h1')
    expect(sentTo(stage.take(ROLLBACK))).toEqual(['h1: null'])
  })

  test('takes hosts out of their backoff, and what runs when it is done', () => {
    const stage = new Stage({ attempts: 2, backoff: '1h', concurrency: 2 }, 2)
    stage.start()
    stage.claim('h1')
    stage.claim('h2')
    stage.fail('h1')
    stage.take(ROLLBACK)
    expect(stage.task('h1')).toMatchObject({ direction: 'back', state: 'sent' })
    expect(stage.task('h2')).toMatchObject({ direction: 'forward', state: 'claimed' })
    stage.fail('h2', { revert: 'failed' })
    expect(stage.task('h2')).toMatchObject({ direction: 'back', state: 'sent', tries: 0 })
  })

  test('keeps the slots of what runs forward: both ways share one window', () => {
    const stage = new Stage({ concurrency: 1 }, 2)
    stage.start()
    stage.claim('h1')
    stage.succeed('h1')
    stage.claim('h2')
    stage.take(ROLLBACK)
    stage.claim('h1', 'new')
    expect(stage.task('h1')).toMatchObject({ direction: 'back', state: 'sent' })
    stage.succeed('h2')
    expect(stage.task('h1').state).toBe('claimed')
  })

  test('tries again as the strategy says, and fails when a host cannot be put back', () => {
    const stage = deployed(1, { attempts: 2, backoff: '1s' })
    stage.take(ROLLBACK)
    stage.claim('h1', 'new')
    stage.fail('h1')
    expect(stage.task('h1')).toMatchObject({ state: 'waiting', parked: 'backoff' })
    stage.wait(1_000)
    stage.claim('h1', 'new')
    stage.fail('h1')
    expect(stage.rollout.phase).toBe('failed')
    stage.take({ type: 'RetryRequested', which: 'failed', ...BY })
    expect(stage.rollout.phase).toBe('rolling-back')
    expect(stage.task('h1').state).toBe('sent')
  })

  test('can be paused and resumed', () => {
    const stage = deployed(2)
    stage.take(ROLLBACK)
    expect(stage.take(PAUSE).effects.map(({ type }) => type)).toEqual(['WithdrawCommand', 'WithdrawCommand'])
    expect(sentTo(stage.take(RESUME))).toEqual(['h2: old', 'h1: old'])
  })

  test('that was aborted can be asked for again', () => {
    const stage = deployed(2)
    stage.take(ROLLBACK)
    stage.take(ABORT)
    expect(stage.rollout).toMatchObject({ phase: 'aborted', direction: 'back' })
    expect(sentTo(stage.take(ROLLBACK))).toEqual(['h2: old', 'h1: old'])
    expect(stage.take(ROLLBACK).refused).toBe('web-7 is rolled back already, or on its way')
  })
})
