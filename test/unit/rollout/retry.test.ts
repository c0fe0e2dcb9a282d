import { describe, expect, test } from 'vitest'
import { BY, Stage } from '../../sim/stage.ts'

const RETRY = { type: 'RetryRequested', which: 'failed', ...BY } as const
const RESUME = { type: 'ResumeRequested', overrideFreeze: false, ...BY } as const

/** `failing` hosts of `hosts` have failed for good, one after another. */
function failed(stage: Stage, failing: number): Stage {
  stage.start()
  for (let host = 1; host <= failing; host++) {
    stage.claim(`h${host}`)
    stage.fail(`h${host}`)
  }
  return stage
}

describe('retry', () => {
  test('lifts the pause that the failures caused, and sends the hosts again', () => {
    const stage = failed(new Stage({ tolerance: { failed: 1 } }, 3), 2)
    expect(stage.rollout).toMatchObject({ phase: 'paused', hold: { kind: 'tolerance', count: 2 } })
    stage.take(RETRY)
    expect(stage.rollout).toMatchObject({ phase: 'running', hold: null, toRetry: 0 })
    expect(stage.task('h1')).toMatchObject({ state: 'sent', attempt: 2, tries: 0 })
    expect(stage.task('h2')).toMatchObject({ state: 'sent', attempt: 2, tries: 0 })
  })

  test('opens a rollout that has ended', () => {
    const stage = failed(new Stage({ onFailure: 'continue' }, 2), 2)
    expect(stage.rollout.phase).toBe('failed')
    const { effects } = stage.take(RETRY)
    expect(stage.rollout).toMatchObject({ phase: 'running', endedAtMs: null })
    expect(effects.map(({ type }) => type)).toEqual(['SendCommand', 'SendCommand'])
    for (const host of ['h1', 'h2']) {
      stage.claim(host)
      stage.succeed(host)
    }
    expect(stage.rollout.phase).toBe('succeeded')
  })

  test('of a rollout that a person paused is remembered, and the pause stays', () => {
    const stage = failed(new Stage({ tolerance: { failed: 2 }, concurrency: 1 }, 3), 1)
    stage.take({ type: 'PauseRequested', ...BY })
    stage.take(RETRY)
    expect(stage.rollout).toMatchObject({ phase: 'paused', hold: { kind: 'person' } })
    expect(stage.task('h1').state).toBe('waiting')
    stage.take(RESUME)
    expect(stage.task('h1').state).toBe('sent')
  })

  test('does not wait for a host that came back by itself, nor retry one that fails later', () => {
    const stage = new Stage({ tolerance: { failed: 2, unreachable: 2 }, concurrency: 2 }, 3)
    stage.away.add('h1')
    stage.start()
    expect(stage.task('h1').state).toBe('unreachable')
    stage.engine.take(RETRY, 0)
    stage.connect('h1')
    expect(stage.rollout.toRetry).toBe(0)
    stage.claim('h2')
    stage.fail('h2')
    expect(stage.task('h2').state).toBe('failed')
  })

  test('one by one: the rollout moves once those that are left are within the tolerance', () => {
    const stage = failed(new Stage({ tolerance: { failed: 1 } }, 4), 2)
    expect(stage.rollout.phase).toBe('paused')
    stage.take({ type: 'HostRetryRequested', host: 'h1', ...BY })
    expect(stage.rollout.phase).toBe('running')
    expect(stage.task('h1').state).toBe('sent')
  })
})
