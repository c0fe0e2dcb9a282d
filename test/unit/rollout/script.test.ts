/** What the scenarios of scripts (test/scenarios/script-*.txt) do not reach: single transitions, and reports that come at a bad moment. */
import { describe, expect, test } from 'vitest'
import { newRollout } from '../../../coordinator/rollout/plan.ts'
import { dueAtMs } from '../../../coordinator/rollout/progress.ts'
import { step } from '../../../coordinator/rollout/step.ts'
import { want } from '../../../coordinator/rollout/want.ts'
import { strategySchema } from '../../../shared/strategy.ts'
import type { StrategyInput } from '../../../shared/strategy.ts'
import { BY, Stage } from '../../sim/stage.ts'

const PAUSE = { type: 'PauseRequested', ...BY } as const
const RESUME = { type: 'ResumeRequested', overrideFreeze: false, ...BY } as const
const RETRY_SCRIPT = { type: 'ScriptRetryRequested', ...BY } as const
const SKIP_SCRIPT = { type: 'ScriptSkipRequested', ...BY } as const
const ROLLBACK = { type: 'RollbackRequested', wave: null, ...BY } as const

function deploy(stage: Stage, ...hosts: string[]): void {
  for (const host of hosts) {
    stage.claim(host)
    stage.succeed(host)
  }
}

describe('the list', () => {
  const scriptsOf = (strategy: StrategyInput, kind: 'deploy' | 'catch-up' = 'deploy') => {
    const order = {
      id: 'web-7', service: 'web', release: '2', revision: 'new', actor: 'ann', reason: null, kind, strategy: strategySchema.parse(strategy),
      hosts: ['h1', 'h2', 'h3'].map((host) => ({ host, revision: 'new' })),
    }
    return newRollout(order, 0).rollout.scripts.map(({ purpose, name, wave }) => [purpose, name, wave])
  }

  test('holds what is to come, in its order, with a test for every wave that has one', () => {
    const strategy: StrategyInput = { waves: [1], before: ['a', 'b'], after: ['z'], gate: { after: 'every', kind: 'test', test: 'smoke' } }
    expect(scriptsOf(strategy)).toEqual([
      ['before', 'a', null], ['before', 'b', null], ['test', 'smoke', 0], ['test', 'smoke', 1], ['test', 'smoke', 2], ['after', 'z', null],
    ])
    expect(scriptsOf({ ...strategy, gate: { after: 'first', kind: 'test', test: 'smoke' } })).toContainEqual(['test', 'smoke', 0])
    expect(scriptsOf({ waves: [1], gate: { after: 'none', kind: 'test', test: 'smoke' } })).toEqual([])
  })

  test('is empty for what the system does by itself: the migration has run', () => {
    expect(scriptsOf({ before: ['a'], after: ['z'], gate: { after: 'every', kind: 'test', test: 'smoke' } }, 'catch-up')).toEqual([])
  })
})

describe('a report', () => {
  test('of a command that was given up for another one changes nothing, also before that one is sent', () => {
    const stage = new Stage({ before: ['migrate'] }, 1)
    stage.start()
    stage.take(PAUSE)
    stage.endScript('failed')
    stage.take(RETRY_SCRIPT)
    expect(stage.rollout).toMatchObject({ phase: 'paused', scripts: [{ state: 'waiting', host: null }] })
    expect(stage.endScript('succeeded', 1, 'h1').steps[0]?.after.rollout).toBe(stage.rollout)
    stage.take(RESUME)
    expect(stage.rollout.scripts[0]).toMatchObject({ state: 'sent', number: 2 })
  })

  test('of another host than the one that it was sent to changes nothing', () => {
    const stage = new Stage({ before: ['migrate'] }, 2)
    stage.start()
    expect(stage.endScript('succeeded', 1, 'h2').effects).toEqual([])
    expect(stage.rollout.scripts[0]?.state).toBe('sent')
  })

  test('that the outcome is unknown comes twice and counts once', () => {
    const stage = new Stage({ before: ['migrate'] }, 1)
    stage.start()
    expect(stage.endScript('unknown').effects).toContainEqual({ type: 'CloseScript', on: 'h1', number: 1 })
    const { rollout } = stage
    stage.endScript('unknown')
    expect(stage.rollout).toBe(rollout)
  })

  test('of an unknown script that it failed leaves the rollout held, with what it says', () => {
    const stage = new Stage({ before: ['migrate'] }, 1)
    stage.start()
    stage.endScript('unknown')
    stage.endScript('failed')
    expect(stage.rollout).toMatchObject({ phase: 'paused', hold: { kind: 'script', script: 0 }, scripts: [{ state: 'failed', failure: { message: 'exit status 1' } }] })
  })
})

describe('time', () => {
  test('begins anew with the sign of life that a script gives when it begins', () => {
    const stage = new Stage({ before: ['migrate'], timeout: '60s' }, 1)
    stage.start()
    expect(dueAtMs(stage.rollout)).toBe(150_000)
    stage.wait(100_000)
    stage.beginScript()
    expect(dueAtMs(stage.rollout)).toBe(250_000)
    stage.wait(150_000)
    expect(stage.rollout.scripts[0]).toMatchObject({ state: 'unknown', dueAtMs: null })
    expect(dueAtMs(stage.rollout)).toBeNull()
  })

  test('of a script that was withdrawn does not run', () => {
    const stage = new Stage({ before: ['migrate'], timeout: '60s' }, 1)
    stage.start()
    stage.take({ type: 'AbortRequested', ...BY })
    expect(stage.rollout.phase).toBe('aborted')
    expect(dueAtMs(stage.rollout)).toBeNull()
  })
})

describe('a person', () => {
  test('goes on without a script that nobody can run', () => {
    const stage = new Stage({ before: ['migrate'] }, 1)
    stage.away.add('h1')
    stage.start()
    expect(stage.rollout.scripts[0]).toMatchObject({ state: 'waiting', away: true })
    stage.take(SKIP_SCRIPT)
    expect(stage.rollout.scripts[0]).toMatchObject({ state: 'skipped', number: 0 })
  })

  test('is refused where nothing waits for a verdict', () => {
    const stage = new Stage({ before: ['migrate'] }, 1)
    stage.start()
    expect(stage.take(SKIP_SCRIPT).refused).toBe('migrate is out on h1; wait for its outcome')
    expect(stage.take(RETRY_SCRIPT).refused).toContain('no script that failed')
    stage.endScript('succeeded')
    expect(stage.take(SKIP_SCRIPT).refused).toBe('web-7 has no script that waits for a verdict')
  })

  test('who skips what failed is noted, and a rollback undoes it nevertheless', () => {
    const stage = new Stage({ before: ['migrate'] }, 1)
    stage.start()
    stage.endScript('failed')
    stage.take(SKIP_SCRIPT)
    expect(stage.rollout.notes).toMatchObject([{ control: 'skip-script', by: 'ann' }])
    stage.take(ROLLBACK)
    expect(stage.rollout.scripts[1]).toMatchObject({ purpose: 'undo', undoes: 0, state: 'sent' })
  })
})

test('hosts that a person skips before their turn leave what comes before them to its end', () => {
  const stage = new Stage({ before: ['migrate', 'warm'] }, 1)
  stage.start()
  stage.skip('h1')
  stage.endScript('succeeded')
  expect(stage.rollout).toMatchObject({ phase: 'running', scripts: [{ state: 'succeeded' }, { state: 'sent' }] })
  stage.endScript('succeeded')
  expect(stage.rollout.phase).toBe('succeeded')
})

describe('under a test', () => {
  test('a host that returns waits, and the test is run again with it', () => {
    const stage = new Stage({ gate: { after: 'first', kind: 'test', test: 'smoke' }, tolerance: { unreachable: 1 } }, 2)
    stage.away.add('h2')
    stage.start()
    deploy(stage, 'h1')
    stage.connect('h2')
    expect(stage.task('h2').state).toBe('waiting')
    expect(want(stage.rollout)).toBeNull()
    stage.endScript('succeeded')
    deploy(stage, 'h2')
    expect(stage.rollout.scripts[0]).toMatchObject({ state: 'sent', number: 2 })
  })

  test('of the last wave that has passed, a retry of a host leads to another', () => {
    const stage = new Stage({ gate: { after: 'first', kind: 'test', test: 'smoke' }, tolerance: { failed: 1 } }, 2)
    stage.start()
    deploy(stage, 'h1')
    stage.claim('h2')
    stage.fail('h2')
    stage.endScript('succeeded')
    expect(stage.rollout.phase).toBe('succeeded')
    stage.take({ type: 'RetryRequested', which: 'failed', ...BY })
    deploy(stage, 'h2')
    expect(stage.rollout).toMatchObject({ phase: 'running', gate: { kind: 'test' }, scripts: [{ state: 'sent', number: 2 }] })
    stage.endScript('succeeded')
    expect(stage.rollout.phase).toBe('succeeded')
  })
})

test('one wave put back alone undoes no script', () => {
  const stage = new Stage({ waves: [1], before: ['migrate'] }, 2)
  stage.start()
  stage.endScript('succeeded')
  deploy(stage, 'h1')
  stage.take({ ...ROLLBACK, wave: 0 })
  deploy(stage, 'h1')
  expect(stage.rollout).toMatchObject({ phase: 'rolled-back', scripts: [{ name: 'migrate', state: 'succeeded' }] })
  expect(stage.rollout.scripts).toHaveLength(1)
})

test('what is shown late is not used: a script that has been offered already, or has had its turn', () => {
  const stage = new Stage({ before: ['migrate'] }, 1)
  stage.start()
  const offered = { type: 'ScriptOffered', on: 'h1' } as const
  expect(step(stage.rollout, null, offered, 0).rollout).toBe(stage.rollout)
  stage.endScript('succeeded')
  expect(step(stage.rollout, null, offered, 0).rollout).toBe(stage.rollout)
})
