import { describe, expect, test } from 'vitest'
import { BY, Stage } from '../../sim/stage.ts'

/** Two hosts hold the window of two; the others are in line in the order in which they asked. */
function line(...hosts: string[]): Stage {
  const stage = new Stage({ concurrency: 2, offline: 'wait' }, 6)
  stage.start()
  for (const host of ['h1', 'h2', ...hosts]) {
    stage.claim(host)
    stage.nowMs += 1_000
  }
  return stage
}

describe('the line for slots', () => {
  test('is served in the order in which hosts came', () => {
    const stage = line('h4', 'h3')
    stage.succeed('h1')
    expect([stage.task('h4').state, stage.task('h3').state]).toEqual(['claimed', 'sent'])
    stage.succeed('h2')
    expect(stage.task('h3').state).toBe('claimed')
  })

  test('keeps the place of a host that asks again from a new session', () => {
    const stage = line('h4', 'h3')
    stage.epochs.set('h4', 2)
    stage.claim('h4')
    stage.succeed('h1')
    expect(stage.task('h4')).toMatchObject({ state: 'claimed', epoch: 2 })
  })

  test('is not jumped by a host that asks again just as a slot has become free', () => {
    const stage = line('h4', 'h3')
    const { engine } = stage
    engine.take({ type: 'TaskSucceeded', host: 'h1', attempt: 1, changed: true }, stage.nowMs)
    stage.take({ type: 'ClaimRequested', host: 'h3', attempt: 1, epoch: 2, installed: { revision: 'old', version: 'old' } })
    expect([stage.task('h4').state, stage.task('h3').state]).toEqual(['claimed', 'sent'])
  })
})

describe('a claim', () => {
  test('that arrives twice is granted once', () => {
    const stage = line()
    expect(stage.claim('h1').effects).toEqual([])
  })

  test('from a new session is granted there, because the old one took the grant with it', () => {
    const stage = line()
    stage.epochs.set('h1', 2)
    expect(stage.claim('h1').effects).toEqual([{ type: 'GrantSlot', host: 'h1', attempt: 1, epoch: 2 }])
  })

  test('from an older session than the one that was granted is void', () => {
    const stage = line()
    stage.epochs.set('h1', 2)
    stage.claim('h1')
    stage.epochs.set('h1', 1)
    expect(stage.claim('h1').effects).toEqual([])
  })

  test('of a host whose outcome is unknown shows that its grant never came: it gets it again, and the slot was its all the time', () => {
    const stage = line()
    stage.lose('h1')
    stage.wait(24 * 3_600_000)
    expect(stage.task('h1').state).toBe('unknown')
    stage.connect('h1')
    expect(stage.claim('h1').effects).toEqual([{ type: 'GrantSlot', host: 'h1', attempt: 1, epoch: 2 }])
    expect(stage.task('h1')).toMatchObject({ state: 'claimed', epoch: 2 })
    expect(stage.task('h1').dueAtMs).toBeGreaterThan(stage.nowMs)
  })

  test('from a new session, when the rollout has been paused meanwhile, gives back the slot of whom nothing was done to', () => {
    const stage = line()
    stage.take({ type: 'PauseRequested', ...BY })
    stage.epochs.set('h1', 2)
    expect(stage.claim('h1').effects).toEqual([{ type: 'Assign', host: 'h1', revision: 'old' }, { type: 'WithdrawCommand', host: 'h1', attempt: 1 }])
    expect(stage.task('h1').state).toBe('withdrawn')
    stage.take({ type: 'ResumeRequested', overrideFreeze: false, ...BY })
    expect(stage.task('h1')).toMatchObject({ state: 'sent', attempt: 2 })
  })

  test('that comes between the pause and the withdrawal is not granted', () => {
    const stage = new Stage({}, 2)
    stage.start()
    stage.engine.take({ type: 'PauseRequested', ...BY }, stage.nowMs)
    expect(stage.claim('h1').effects.map(({ type }) => type)).toEqual(['WithdrawCommand', 'WithdrawCommand'])
    expect(stage.task('h1').state).toBe('withdrawn')
  })

  test('of another attempt than the current one is void', () => {
    const stage = line()
    stage.fail('h1')
    expect(stage.claim('h1', 'old', 1).effects).toEqual([])
  })
})
