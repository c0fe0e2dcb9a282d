/** The order of an attempt, step by step: what follows on every outcome of every step, and what is reported of it. */
import { describe, expect, it } from 'vitest'
import type { Before, Outcome } from '../../../agent/deploy/entry.ts'
import { installationOf } from '../../../agent/deploy/installation.ts'
import { IDEMPOTENT_RUNS, next } from '../../../agent/deploy/next.ts'
import { command, goal } from './commands.ts'
import { FAILED, journal, NEVER_RAN, NOTHING, PASSED, play, TIMED_OUT, UNKNOWN } from './play.ts'

const old = installationOf(command({ goal: goal('0.9') }))!
const RUNNING: Before = { installed: old, running: old, settled: true }
const allPass = (): Outcome => PASSED
const breakAt = (broken: string, outcome: Outcome) => (step: string) => (step === broken ? outcome : PASSED)

describe('when everything passes', () => {
  it('a first install has nothing to stop', () => {
    const { steps, conclusion } = play(command(), NOTHING, allPass)
    expect(steps).toEqual(['preflight', 'fetch', 'unpack', 'claim', 'switch', 'start', 'check'])
    expect(conclusion).toMatchObject({ verdict: 'succeeded', step: null, exitCode: 0, revert: 'not-needed', changed: true, leaves: 'goal' })
  })

  it('an update stops what runs by its own script, and starts the new release by that release’s', () => {
    const { steps, actions } = play(command(), RUNNING, allPass)
    expect(steps).toEqual(['preflight', 'fetch', 'unpack', 'claim', 'stop', 'switch', 'start', 'check'])
    const versions = actions.flatMap((action) => (action.do === 'run' ? [`${action.step} ${action.release?.goal.version}`] : []))
    expect(versions).toEqual(['stop 0.9', 'start 1.0', 'check 1.0'])
  })

  it('a removal stops and unlinks, where the service really lives', () => {
    const { steps, actions, conclusion } = play(command({ goal: null, path: '/srv/elsewhere' }), RUNNING, allPass)
    expect(steps).toEqual(['preflight', 'claim', 'stop', 'switch'])
    expect(actions.find((action) => action.do === 'switch')).toMatchObject({ path: '/srv/web', to: null })
    expect(conclusion).toMatchObject({ verdict: 'succeeded', changed: true, leaves: 'goal', message: 'web is removed' })
  })

  it('the same revision is left alone, and the removal of nothing too', () => {
    const same = installationOf(command())!
    for (const played of [play(command(), { installed: same, running: same, settled: true }, allPass), play(command({ goal: null }), NOTHING, allPass)]) {
      expect(played.steps).toEqual([])
      expect(played.conclusion).toMatchObject({ verdict: 'succeeded', changed: false, revert: 'not-needed', leaves: 'as-it-was' })
    }
  })

  it('the same revision is installed again when there is doubt about it', () => {
    const same = installationOf(command())!
    expect(play(command(), { installed: same, running: same, settled: false }, allPass).steps).toContain('start')
  })

  it('a revision that differs by a variable alone is a change', () => {
    const other = command({ goal: goal('0.9', { revision: 'rev-other' }) })
    expect(play(other, RUNNING, allPass).steps).toContain('start')
  })
})

describe('before the claim', () => {
  it.each(['preflight', 'fetch', 'unpack'])('a broken %s touches nothing', (step) => {
    for (const outcome of [FAILED, TIMED_OUT]) {
      const played = play(command(), RUNNING, breakAt(step, outcome))
      expect(played.steps.at(-1)).toBe(step)
      expect(played.conclusion).toMatchObject({ verdict: outcome.kind, step, revert: 'not-needed', changed: false, leaves: 'as-it-was' })
    }
  })

  it('a withdrawal ends it, whether its turn has come or not', () => {
    for (const entries of [[], [{ kind: 'began', before: RUNNING }]] as const) {
      expect(next(journal(command(), [...entries, { kind: 'withdrawn' }]))).toMatchObject({
        do: 'conclude',
        conclusion: { verdict: 'withdrawn', revert: 'not-needed', changed: false, leaves: 'as-it-was' },
      })
    }
  })
})

describe('after the claim', () => {
  const back = ['revert-stop', 'revert-switch', 'revert-start', 'revert-check']
  it.each([
    // what was never started is not stopped
    ['stop', back.slice(1)],
    ['switch', back.slice(1)],
    ['start', back],
    ['check', back],
  ])('a broken %s goes back to the release that worked', (step, expected) => {
    for (const outcome of [FAILED, TIMED_OUT]) {
      const { steps, conclusion, actions } = play(command(), RUNNING, breakAt(step, outcome))
      expect(steps.slice(steps.indexOf(step) + 1)).toEqual(expected)
      expect(conclusion).toMatchObject({ verdict: outcome.kind, step, revert: 'succeeded', changed: true, leaves: 'previous' })
      expect(conclusion.message).toContain('0.9 runs again')
      const versions = actions.flatMap((action) => (action.do === 'run' && action.step.startsWith('revert') ? [`${action.step} ${action.release?.goal.version}`] : []))
      expect(versions).toEqual(expected.flatMap((one) => (one === 'revert-switch' ? [] : [`${one} ${one === 'revert-stop' ? '1.0' : '0.9'}`])))
      expect(actions.findLast((action) => action.do === 'switch')).toMatchObject({ path: '/srv/web', to: { goal: { version: '0.9' } } })
    }
  })

  it.each([
    ['switch', ['revert-switch']],
    ['start', ['revert-stop', 'revert-switch']],
    ['check', ['revert-stop', 'revert-switch']],
  ])('a first install that breaks at %s leaves nothing', (step, expected) => {
    const { steps, conclusion, actions } = play(command(), NOTHING, breakAt(step, FAILED))
    expect(steps.slice(steps.indexOf(step) + 1)).toEqual(expected)
    expect(conclusion).toMatchObject({ verdict: 'failed', exitCode: 3, revert: 'succeeded', leaves: 'previous' })
    expect(actions.findLast((action) => action.do === 'switch')).toMatchObject({ to: null })
  })

  it('a removal whose stop breaks starts the service again', () => {
    const { steps, conclusion } = play(command({ goal: null }), RUNNING, breakAt('stop', FAILED))
    expect(steps.slice(-3)).toEqual(['revert-switch', 'revert-start', 'revert-check'])
    expect(conclusion).toMatchObject({ verdict: 'failed', revert: 'succeeded', leaves: 'previous' })
  })

  it.each(['revert-switch', 'revert-start', 'revert-check'])('a broken %s leaves doubt, and both are reported', (step) => {
    const { steps, conclusion } = play(command(), RUNNING, (one) => (one === 'check' ? TIMED_OUT : one === step ? FAILED : PASSED))
    expect(steps.at(-1)).toBe(step)
    expect(conclusion).toMatchObject({ verdict: 'timed-out', step: 'check', revert: 'failed', changed: true, leaves: 'doubt' })
    expect(conclusion.message).toMatch(/^check: .*; revert-.*: exited with 3/)
  })

  it('a release that does not let itself be stopped does not keep the one that worked from starting', () => {
    const { steps, conclusion } = play(command(), RUNNING, (step) => (['check', 'revert-stop'].includes(step) ? FAILED : PASSED))
    expect(steps.slice(-3)).toEqual(['revert-switch', 'revert-start', 'revert-check'])
    expect(conclusion).toMatchObject({ revert: 'succeeded' })
  })

  it('but with nothing to go back to it decides', () => {
    expect(play(command(), NOTHING, (step) => (['check', 'revert-stop'].includes(step) ? FAILED : PASSED)).conclusion).toMatchObject({ revert: 'failed', leaves: 'doubt' })
  })

  it('after a broken stop the old release may never have ended: its check decides, not its start', () => {
    const broken = (last: Outcome) => (step: string) => (['stop', 'revert-start'].includes(step) ? FAILED : step === 'revert-check' ? last : PASSED)
    expect(play(command(), RUNNING, broken(PASSED)).conclusion).toMatchObject({ verdict: 'failed', step: 'stop', revert: 'succeeded' })
    expect(play(command(), RUNNING, broken(FAILED)).conclusion).toMatchObject({ verdict: 'failed', step: 'stop', revert: 'failed' })
  })

  it('a withdrawal comes too late', () => {
    const attempt = journal(command(), [{ kind: 'began', before: RUNNING }, ...passed('preflight', 'fetch', 'unpack'), { kind: 'granted' }, { kind: 'withdrawn' }])
    expect(next(attempt)).toMatchObject({ do: 'run', step: 'stop' })
  })
})

describe('a lost outcome', () => {
  it.each(['stop', 'start', 'check'])('of %s is not guessed at: nothing more is run', (step) => {
    const { steps, conclusion } = play(command(), RUNNING, breakAt(step, UNKNOWN))
    expect(steps.at(-1)).toBe(step)
    expect(conclusion).toMatchObject({ verdict: 'unknown', step, exitCode: -1, revert: 'failed', changed: true, leaves: 'doubt' })
  })

  it.each(['revert-stop', 'revert-start', 'revert-check'])('of %s ends the way back', (step) => {
    const { steps, conclusion } = play(command(), RUNNING, (one) => (one === 'check' ? FAILED : one === step ? UNKNOWN : PASSED))
    expect(steps.at(-1)).toBe(step)
    expect(conclusion).toMatchObject({ verdict: 'failed', step: 'check', revert: 'failed', leaves: 'doubt' })
  })

  it('of an idempotent step is run again under a new ticket, and not for ever', () => {
    const idempotent = command({ goal: goal('1.0', { steps: { start: { idempotent: true } } }) })
    const once = play(idempotent, NOTHING, (step, run) => (step === 'start' && run === 1 ? { outcome: UNKNOWN, crashed: true } : PASSED))
    expect(once.conclusion).toMatchObject({ verdict: 'succeeded' })
    expect(once.actions.flatMap((action) => (action.do === 'run' ? [action.ticket] : []))).toEqual([1, 2, 3])
    const always = play(idempotent, NOTHING, breakAt('start', UNKNOWN))
    expect(always.steps.filter((step) => step === 'start')).toHaveLength(IDEMPOTENT_RUNS)
    expect(always.conclusion).toMatchObject({ verdict: 'unknown' })
  })

  it('whether a stop is idempotent is said by the release that it belongs to', () => {
    const careful = installationOf(command({ goal: goal('0.9', { steps: { stop: { idempotent: true } } }) }))!
    const { conclusion } = play(command(), { installed: careful, running: careful, settled: true }, (step, run) => (step === 'stop' && run === 1 ? UNKNOWN : PASSED))
    expect(conclusion).toMatchObject({ verdict: 'succeeded' })
  })

  it('a script that certainly never ran is run under the next ticket, as often as it takes', () => {
    const { conclusion, actions } = play(command(), NOTHING, (step, run) => (step === 'start' && run <= IDEMPOTENT_RUNS + 1 ? { outcome: NEVER_RAN, crashed: true } : PASSED))
    expect(conclusion).toMatchObject({ verdict: 'succeeded' })
    expect(actions.filter((action) => action.do === 'attach')).toHaveLength(IDEMPOTENT_RUNS + 1)
  })
})

describe('after an attempt of unknown end', () => {
  const attempted = installationOf(command({ goal: goal('0.95') }))!
  const doubt: Before = { installed: old, running: attempted, settled: false }

  it('what may run is stopped by its own script, and a revert goes back to what was known to work', () => {
    const { actions } = play(command(), doubt, breakAt('check', FAILED))
    const versions = actions.flatMap((action) => (action.do === 'run' ? [`${action.step} ${action.release?.goal.version}`] : []))
    expect(versions).toEqual(['stop 0.95', 'start 1.0', 'check 1.0', 'revert-stop 1.0', 'revert-start 0.9', 'revert-check 0.9'])
  })

  it('what may run and cannot be stopped is not taken for gone', () => {
    const first: Before = { installed: null, running: attempted, settled: false }
    const { steps, conclusion } = play(command(), first, (step) => (step.endsWith('stop') ? FAILED : PASSED))
    expect(steps.slice(-2)).toEqual(['stop', 'revert-stop'])
    expect(conclusion).toMatchObject({ revert: 'failed', leaves: 'doubt' })
  })
})

it('a result is delivered until it is acknowledged', () => {
  const { conclusion } = play(command(), NOTHING, allPass)
  const { leaves: _leaves, ...said } = conclusion
  const result = { ...said, id: command().id, durationMs: 1, installed: null }
  expect(next(journal(command(), [{ kind: 'result', result }]))).toEqual({ do: 'deliver', result })
  expect(next(journal(command(), [{ kind: 'result', result }, { kind: 'acknowledged' }]))).toEqual({ do: 'rest' })
})

function passed(...steps: ('preflight' | 'fetch' | 'unpack')[]) {
  return steps.map((step) => ({ kind: 'finished' as const, step, outcome: PASSED }))
}
