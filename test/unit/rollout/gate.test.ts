import { describe, expect, test } from 'vitest'
import { dueAtMs } from '../../../coordinator/rollout/progress.ts'
import { step } from '../../../coordinator/rollout/step.ts'
import { BY, Stage } from '../../sim/stage.ts'

const PROMOTE = { type: 'PromoteRequested', ...BY } as const

function deploy(stage: Stage, host: string): void {
  stage.claim(host)
  stage.succeed(host)
}

describe('a bake', () => {
  test('begins anew when a host of its wave is retried, and is no timer until then', () => {
    const stage = new Stage({ waves: [2, 1], bake: '60s', tolerance: { failed: 1 } }, 3)
    stage.start()
    stage.claim('h1')
    stage.fail('h1')
    deploy(stage, 'h2')
    expect(dueAtMs(stage.rollout)).toBe(60_000)

    stage.wait(50_000)
    stage.take({ type: 'HostRetryRequested', host: 'h1', ...BY })
    stage.wait(30_000)
    expect(stage.rollout).toMatchObject({ wave: 0, gate: null })
    expect(dueAtMs(stage.rollout)).toBeNull()

    deploy(stage, 'h1')
    expect(stage.rollout.gate).toEqual({ kind: 'bake', untilMs: 140_000 })
    stage.wait(59_999)
    expect(stage.task('h3').state).toBe('waiting')
    stage.wait(1)
    expect(stage.task('h3').state).toBe('sent')
  })

  test('is no timer between the request for a retry and the retry', () => {
    const stage = new Stage({ waves: [1, 1], bake: '60s', tolerance: { failed: 1 } }, 2)
    stage.start()
    stage.claim('h1')
    stage.fail('h1')
    expect(dueAtMs(stage.rollout)).toBe(60_000)
    const requested = step(stage.rollout, null, { type: 'RetryRequested', which: 'failed', ...BY }, 59_000).rollout
    expect(dueAtMs(requested)).toBeNull()
  })

  test('that a person has cut short stays so when a host of its wave returns', () => {
    const stage = new Stage({ waves: [2, 1], bake: '60s', tolerance: { unreachable: 1 } }, 3)
    stage.away.add('h1')
    stage.start()
    deploy(stage, 'h2')
    stage.take({ type: 'PauseRequested', ...BY })
    stage.take(PROMOTE)
    stage.connect('h1')
    stage.take({ type: 'ResumeRequested', overrideFreeze: false, ...BY })
    expect(stage.rollout.wave).toBe(0)
    deploy(stage, 'h1')
    expect(stage.rollout.wave).toBe(1)
  })

  test('is followed by a person where the gate is manual', () => {
    const stage = new Stage({ waves: [1], gate: { after: 'first', kind: 'manual' }, bake: '60s' }, 3)
    stage.start()
    deploy(stage, 'h1')
    stage.wait(60_000)
    expect(stage.rollout.gate).toEqual({ kind: 'manual', sinceMs: 60_000 })
    stage.take(PROMOTE)
    deploy(stage, 'h2')
    expect(stage.rollout).toMatchObject({ wave: 2, gate: null })
  })
})

test('there is nothing to promote before the wave is over', () => {
  const stage = new Stage({ waves: [1], gate: { after: 'every', kind: 'manual' } }, 2)
  stage.start()
  expect(stage.take(PROMOTE).refused).toBe('web-7 stands before no gate')
})
