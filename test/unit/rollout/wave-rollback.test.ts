import { describe, expect, test } from 'vitest'
import { BY, Stage } from '../../sim/stage.ts'
import type { Outcome } from '../../sim/stage.ts'

const rollback = (wave: number | null) => ({ type: 'RollbackRequested', wave, ...BY }) as const
const sentTo = ({ effects }: Outcome) => effects.flatMap((effect) => (effect.type === 'SendCommand' ? [effect.host] : []))

/** Waves of h1 h2, h3 h4, h5 h6; the first `hosts` of them have succeeded. */
function deployed(hosts: number): Stage {
  const stage = new Stage({ waves: [2] }, 6)
  stage.start()
  for (let host = 1; host <= hosts; host++) {
    stage.claim(`h${host}`)
    stage.succeed(`h${host}`)
  }
  return stage
}

function putBack(stage: Stage, ...hosts: string[]): void {
  for (const host of hosts) {
    stage.claim(host, 'new')
    stage.succeed(host)
  }
}

describe('putting one wave back', () => {
  test('turns its hosts alone, and ends the rollout', () => {
    const stage = deployed(6)
    expect(sentTo(stage.take(rollback(1))).sort()).toEqual(['h3', 'h4'])
    putBack(stage, 'h3', 'h4')
    expect(stage.rollout).toMatchObject({ phase: 'rolled-back', backOnly: 1 })
    expect(stage.task('h5')).toMatchObject({ direction: 'forward', state: 'succeeded' })
  })

  test('lets what holds a slot in another wave come to its end, and tries nothing again there', () => {
    const stage = deployed(4)
    stage.claim('h5')
    stage.take(rollback(0))
    putBack(stage, 'h1', 'h2')
    expect(stage.rollout.phase).toBe('rolling-back')
    stage.fail('h5')
    expect(stage.rollout.phase).toBe('rolled-back')
    expect(stage.task('h5')).toMatchObject({ direction: 'forward', state: 'failed' })
  })

  test('widens to everything, before it is done and after', () => {
    const stage = deployed(4)
    stage.take(rollback(1))
    expect(stage.take(rollback(0)).refused).toBe('wave 2 of web-7 is being put back; wait for its end, or put everything back: rollout rollback web-7')
    expect(stage.take(rollback(null)).refused).toBeNull()
    putBack(stage, 'h1', 'h2', 'h3', 'h4')
    expect(stage.rollout).toMatchObject({ phase: 'rolled-back', backOnly: null })
    expect(stage.take(rollback(0)).refused).toBe('web-7 is rolled back already, or on its way')
  })

  test('that was aborted goes on when it is asked for again', () => {
    const stage = deployed(6)
    stage.take(rollback(1))
    stage.take({ type: 'AbortRequested', ...BY })
    expect(sentTo(stage.take(rollback(1))).sort()).toEqual(['h3', 'h4'])
  })

  test.each([
    [3, 'web-7 has 3 waves'],
    [2, 'wave 3 of web-7 has not begun'],
    [1, 'there is nothing to put back in wave 2 of web-7'],
  ])('%i is refused: %s', (wave, why) => {
    expect(deployed(2).take(rollback(wave)).refused).toBe(why)
  })

  test('leaves the hosts of other waves alone, also when they are to be retried by name', () => {
    const stage = deployed(5)
    stage.claim('h6')
    stage.fail('h6')
    stage.take(rollback(0))
    expect(stage.take({ type: 'HostRetryRequested', host: 'h6', ...BY }).refused).toBe(
      'h6 is in wave 3, which stays as it is; rollout rollback web-7 --wave 3 puts it back',
    )
  })
})
