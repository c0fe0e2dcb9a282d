import { describe, expect, test } from 'vitest'
import { BY, Stage } from '../../sim/stage.ts'

const kill = (host: string, reason: string | null = null) => ({ type: 'KillRequested', host, by: 'ann', reason }) as const

function started(): Stage {
  const stage = new Stage({ attempts: 3, backoff: '1s', tolerance: { failed: 2 } }, 3)
  stage.start()
  return stage
}

describe('killing', () => {
  test('a host that is being changed tells it so, with the reason, and its failure is the last', () => {
    const stage = started()
    stage.claim('h1')
    expect(stage.take(kill('h1', 'it hangs')).effects).toEqual([{ type: 'KillCommand', host: 'h1', attempt: 1, reason: 'it hangs' }])
    expect(stage.task('h1')).toMatchObject({ state: 'claimed', killed: 'it hangs' })
    stage.fail('h1')
    expect(stage.task('h1')).toMatchObject({ state: 'failed', tries: 1 })
  })

  test('a host that ends well nevertheless has ended well', () => {
    const stage = started()
    stage.claim('h1')
    stage.take(kill('h1'))
    stage.succeed('h1')
    expect(stage.task('h1').state).toBe('succeeded')
  })

  test('a host whose grant was lost on its way fails it at once: it has touched nothing', () => {
    const stage = started()
    stage.claim('h1')
    stage.take(kill('h1'))
    stage.connect('h1')
    const { effects } = stage.claim('h1')
    expect(effects.map(({ type }) => type)).toEqual(['Assign', 'WithdrawCommand'])
    expect(stage.task('h1')).toMatchObject({ state: 'failed', failure: { message: 'killed: killed by ann', revert: 'not-needed' } })
  })

  test('is forgotten with the next attempt, which has all its tries', () => {
    const stage = started()
    stage.take(kill('h1'))
    stage.take({ type: 'HostRetryRequested', host: 'h1', ...BY })
    expect(stage.task('h1')).toMatchObject({ state: 'sent', attempt: 2, tries: 0, killed: null })
    stage.fail('h1')
    expect(stage.task('h1')).toMatchObject({ state: 'waiting', parked: 'backoff' })
  })

  test.each<[string, (stage: Stage) => void, string]>([
    ['waits', (stage) => void (stage.claim('h1'), stage.fail('h1')), 'h1 is waiting; there is nothing to kill on it'],
    ['has succeeded', (stage) => void stage.succeed('h1', false), 'h1 is succeeded; there is nothing to kill on it'],
    ['is unknown', (stage) => void (stage.claim('h1'), stage.fail('h1', { verdict: 'unknown' })),
      'the outcome on h1 is unknown, and nobody can say what to kill; rollout skip or rollout retry gives its slot back'],
  ])('a host that %s is refused', (_, prepare, why) => {
    const stage = started()
    prepare(stage)
    expect(stage.take(kill('h1')).refused).toBe(why)
  })
})
