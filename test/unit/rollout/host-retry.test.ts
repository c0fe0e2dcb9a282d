import { describe, expect, test } from 'vitest'
import { BY, Stage } from '../../sim/stage.ts'

const ABORT = { type: 'AbortRequested', ...BY } as const
const ROLLBACK = { type: 'RollbackRequested', wave: null, ...BY } as const
const retry = (host: string) => ({ type: 'HostRetryRequested', host, ...BY }) as const

describe('retrying a host', () => {
  test('between two tries sends it at once, with all its tries', () => {
    const stage = new Stage({ attempts: 2, backoff: '1h' }, 1)
    stage.start()
    stage.claim('h1')
    stage.fail('h1')
    expect(stage.task('h1')).toMatchObject({ state: 'waiting', parked: 'backoff', tries: 1 })
    stage.take(retry('h1'))
    expect(stage.task('h1')).toMatchObject({ state: 'sent', attempt: 2, tries: 0 })
  })

  test('whose outcome is unknown voids its command, frees its slot and sends it anew', () => {
    const stage = new Stage({ concurrency: 1 }, 1)
    stage.start()
    stage.claim('h1')
    stage.fail('h1', { verdict: 'unknown', step: 'start', revert: 'not-needed' })
    const { effects } = stage.take(retry('h1'))
    expect(effects.map((effect) => [effect.type, 'attempt' in effect && effect.attempt])).toEqual([['WithdrawCommand', 1], ['SendCommand', 2]])
    expect(stage.succeed('h1', true, 1).effects).toEqual([])
  })

  test('that was skipped opens a rollout that has ended', () => {
    const stage = new Stage({}, 2)
    stage.start()
    stage.skip('h1')
    stage.claim('h2')
    stage.succeed('h2')
    expect(stage.rollout.phase).toBe('succeeded')
    stage.take(retry('h1'))
    expect(stage.rollout.phase).toBe('running')
  })

  test('that a rollback left alone, because it was skipped on the way back, puts it back', () => {
    const stage = new Stage({}, 1)
    stage.start()
    stage.claim('h1')
    stage.succeed('h1')
    stage.away.add('h1')
    stage.take(ROLLBACK)
    stage.skip('h1')
    expect(stage.rollout.phase).toBe('rolled-back')
    stage.connect('h1')
    const { effects } = stage.take(retry('h1'))
    expect(effects).toEqual([{ type: 'SendCommand', host: 'h1', attempt: 2, revision: 'old', direction: 'back' }])
  })

  test('is refused where there is nothing to put back', () => {
    const stage = new Stage({}, 2)
    stage.start()
    stage.fail('h1', { step: 'fetch', revert: 'not-needed' })
    stage.take(ROLLBACK)
    expect(stage.rollout.phase).toBe('rolled-back')
    expect(stage.take(retry('h1')).refused).toBe('h1 has not been touched; there is nothing to put back on it')
  })

  test('is refused after an abort, also between two tries', () => {
    const stage = new Stage({ attempts: 2, backoff: '1h' }, 1)
    stage.start()
    stage.claim('h1')
    stage.fail('h1')
    stage.take(ABORT)
    expect(stage.take(retry('h1')).refused).toBe('web-7 was aborted; rollout retry web-7 --not-started goes on with the hosts that it has not begun')
  })

  test.each([['sent', () => {}], ['claimed', (stage: Stage) => stage.claim('h1')], ['succeeded', (stage: Stage) => stage.succeed('h1', false)]] as const)(
    'is refused while it is %s', (state, prepare) => {
      const stage = new Stage({}, 2)
      stage.start()
      prepare(stage)
      expect(stage.take(retry('h1')).refused).toBe(
        `h1 is ${state}; only a host that failed, timed out, was unreachable, skipped or unknown, or is between two tries, can be retried`,
      )
    },
  )
})
