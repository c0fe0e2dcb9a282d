import { describe, expect, test } from 'vitest'
import { MAX_SAMPLES, Pace, SLOW_AT_LEAST_MS } from '../../../cli/rollout/pace.ts'
import { NOON_MS, phaseChange, rollout, taskChange } from './fixtures.ts'

/** As if each of `hosts` had held its slot for `tookMs`. */
function paceOf(tookMs: number, hosts = ['a']): Pace {
  const pace = new Pace()
  for (const host of hosts) {
    pace.observe(taskChange(host, { state: 'claimed', step: null, atMs: NOON_MS }))
    pace.observe(taskChange(host, { state: 'running', step: 'start', atMs: NOON_MS + tookMs / 2 }))
    pace.observe(taskChange(host, { state: 'succeeded', step: null, atMs: NOON_MS + tookMs }))
  }
  return pace
}

describe('time left', () => {
  test('is not known before a host has finished', () => {
    const pace = new Pace()
    pace.observe(phaseChange())
    pace.observe(taskChange('a', { state: 'claimed' }))
    pace.observe(taskChange('a', { state: 'failed' }))
    expect(pace.meanMs).toBeNull()
    expect(pace.leftMs(rollout(), NOON_MS)).toBeNull()
  })

  test('is the work that is left over the window', () => {
    const waves = [{ forward: { waiting: 4 } }, { forward: { waiting: 20 } }]
    const left = (concurrency: number | null) => paceOf(10_000).leftMs(rollout({ waves, wave: 0, strategy: { concurrency } }), NOON_MS)
    expect(left(null)).toBe(20_000)
    expect(left(2)).toBe(20_000 + 100_000)
    expect(left(8)).toBe(10_000 + 25_000)
  })

  test('is no less than one host takes while one has not begun, and shrinks while the last ones go on', () => {
    const pace = paceOf(10_000)
    const waiting = rollout({ waves: [{ forward: { succeeded: 9, waiting: 1 } }], wave: 0 })
    expect(pace.leftMs(waiting, NOON_MS)).toBe(10_000)
    pace.observe(taskChange('z', { state: 'claimed', atMs: NOON_MS }))
    const last = rollout({ waves: [{ forward: { running: 1 } }], wave: 0 })
    expect(pace.leftMs(last, NOON_MS + 4000)).toBe(6000)
    expect(pace.leftMs(last, NOON_MS + 60_000)).toBe(0)
  })

  test('has the bakes in it that are still to come', () => {
    const waves = [{ forward: { succeeded: 1 } }, { forward: { waiting: 1 } }, { forward: { waiting: 1 } }]
    const left = (after: 'first' | 'every', baking: boolean) => paceOf(10_000).leftMs(rollout({
      waves, wave: 0, strategy: { bake: '60s', gate: { after, kind: 'bake' } }, gate: baking ? { kind: 'bake', untilMs: NOON_MS + 30_000 } : null,
    }), NOON_MS)
    expect(left('first', false)).toBe(80_000)
    expect(left('first', true)).toBe(50_000)
    expect(left('every', true)).toBe(110_000)
  })

  test('is not known while the rollout stands still or goes back', () => {
    for (const phase of ['paused', 'rolling-back', 'succeeded'] as const) expect(paceOf(10_000).leftMs(rollout({ phase }), NOON_MS)).toBeNull()
  })

  test('follows the latest hosts alone', () => {
    const pace = paceOf(100_000, ['old'])
    for (let i = 0; i < MAX_SAMPLES; i++) {
      pace.observe(taskChange('new', { state: 'claimed', atMs: NOON_MS }))
      pace.observe(taskChange('new', { state: 'succeeded', atMs: NOON_MS + 5000 }))
    }
    expect(pace.meanMs).toBe(5000)
  })
})

test('slow is what takes twice as long as usual, and never what is short', () => {
  expect(new Pace().slowAfterMs).toBe(SLOW_AT_LEAST_MS)
  expect(paceOf(1000).slowAfterMs).toBe(SLOW_AT_LEAST_MS)
  expect(paceOf(60_000).slowAfterMs).toBe(120_000)
})
