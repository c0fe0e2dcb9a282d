import { describe, expect, test } from 'vitest'
import { LOOK_AGAIN_MS } from '../../../coordinator/rollout/absence.ts'
import { BY, Stage } from '../../sim/stage.ts'

const ROLLBACK = { type: 'RollbackRequested', wave: null, ...BY } as const

describe('a host that is lost with an unclaimed command', () => {
  test('is unreachable where the strategy skips those that are away, and returns by itself', () => {
    const stage = new Stage({ offline: 'skip', tolerance: { unreachable: 1 } }, 2)
    stage.start()
    expect(stage.lose('h1').effects).toEqual([{ type: 'WithdrawCommand', host: 'h1', attempt: 1 }])
    expect(stage.task('h1').state).toBe('unreachable')
    stage.connect('h1')
    expect(stage.task('h1')).toMatchObject({ state: 'sent', attempt: 2, tries: 0 })
  })

  test('is waited for where the strategy says so', () => {
    const stage = new Stage({ offline: 'wait' }, 2)
    stage.start()
    stage.lose('h1')
    expect(stage.task('h1')).toMatchObject({ state: 'waiting', parked: 'away' })
    stage.connect('h1')
    expect(stage.task('h1').state).toBe('sent')
  })

  test('is waited for by a rollback', () => {
    const stage = new Stage({ offline: 'skip' }, 1)
    stage.start()
    stage.claim('h1')
    stage.succeed('h1')
    stage.take(ROLLBACK)
    stage.lose('h1')
    expect(stage.task('h1')).toMatchObject({ direction: 'back', state: 'waiting', parked: 'away' })
    expect(stage.rollout.phase).toBe('rolling-back')
  })
})

test('a host whose return was reported before its absence is found all the same', () => {
  const stage = new Stage({ offline: 'wait' }, 1)
  stage.start()
  stage.take({ type: 'HostConnected', host: 'h1' })
  stage.take({ type: 'HostLost', host: 'h1' })
  expect(stage.task('h1')).toMatchObject({ state: 'waiting', parked: 'away' })
  stage.wait(LOOK_AGAIN_MS)
  expect(stage.task('h1')).toMatchObject({ state: 'sent', attempt: 2 })
})

test('a host that is away for long is looked for again and again, and is nobody’s attempt', () => {
  const stage = new Stage({ offline: 'wait' }, 2)
  stage.away.add('h1')
  stage.start()
  stage.claim('h2')
  stage.succeed('h2')
  const { steps } = stage.wait(10 * LOOK_AGAIN_MS)
  expect(steps.filter(({ event }) => event.type === 'HostOffered')).toHaveLength(10)
  expect(stage.task('h1')).toMatchObject({ state: 'waiting', parked: 'away', attempt: 0 })
})

test('a host that claimed keeps its slot when it is lost', () => {
  const stage = new Stage({ concurrency: 1 }, 2)
  stage.start()
  stage.claim('h1')
  stage.lose('h1')
  expect(stage.task('h1').state).toBe('claimed')
  stage.claim('h2')
  expect(stage.task('h2').state).toBe('sent')
})
