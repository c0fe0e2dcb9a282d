import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allowance, newRollout, waveSizes } from '../../../coordinator/rollout/plan.ts'
import { strategySchema } from '../../../shared/strategy.ts'
import type { Size } from '../../../shared/strategy.ts'

const hosts = (value: number): Size => ({ unit: 'hosts', value })
const percent = (value: number): Size => ({ unit: 'percent', value })

const anySize = fc.oneof(fc.integer({ min: 1, max: 3000 }).map(hosts), fc.double({ min: 0.001, max: 100, noNaN: true }).map(percent))
const anySizes = fc.array(anySize, { minLength: 1, maxLength: 6 })
const anyTotal = fc.integer({ min: 0, max: 2000 })

describe('waves', () => {
  test.each<[string, Size[], number, number[]]>([
    ['2 first, then 18', [hosts(2), hosts(18)], 20, [2, 18]],
    ['one after another', [hosts(1)], 4, [1, 1, 1, 1]],
    ['500 at a time', [hosts(500)], 1200, [500, 500, 200]],
    ['the last repeats', [hosts(2), percent(10), hosts(500)], 1500, [2, 150, 500, 500, 348]],
    ['percent round up, to one host at least', [percent(1), percent(33)], 20, [1, 7, 7, 5]],
    ['7% of 100 is 7', [percent(7), percent(100)], 100, [7, 93]],
    ['29% of 100 is 29, whatever binary fractions make of it', [percent(29), percent(100)], 100, [29, 71]],
    ['a wave larger than the rollout', [hosts(50)], 3, [3]],
    ['no hosts', [hosts(1)], 0, []],
  ])('%s', (_, sizes, total, expected) => {
    expect(waveSizes(sizes, total)).toEqual(expected)
  })

  test('take every host exactly once', () => {
    fc.assert(fc.property(anySizes, anyTotal, (sizes, total) => {
      const waves = waveSizes(sizes, total)
      expect(waves.reduce((sum, wave) => sum + wave, 0)).toBe(total)
      expect(waves.every((wave) => Number.isInteger(wave) && wave > 0)).toBe(true)
    }))
  })

  test('have the size that is written, and the last size repeats', () => {
    fc.assert(fc.property(anySizes, anyTotal, (sizes, total) => {
      const waves = waveSizes(sizes, total)
      for (const [index, wave] of waves.slice(0, -1).entries()) {
        const { unit, value } = sizes[Math.min(index, sizes.length - 1)]!
        const exact = unit === 'hosts' ? value : Math.max(1, (total * value) / 100)
        expect(wave - exact).toBeGreaterThanOrEqual(-1e-6)
        expect(wave - exact).toBeLessThan(1)
      }
    }))
  })
})

describe('a tolerance', () => {
  test.each<[Size, number, number]>([
    [hosts(3), 2, 3],
    [percent(1), 20, 0],
    [percent(5), 20, 1],
    [percent(5), 39, 1],
    [percent(0), 1000, 0],
    [percent(100), 7, 7],
    [percent(7), 100, 7],
    [percent(29), 100, 29],
    [percent(0.1), 1000, 1],
  ])('%o of %i hosts allows %i', (size, total, expected) => {
    expect(allowance(size, total)).toBe(expected)
  })

  test('in percent is never more than that share', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1000 }), anyTotal, (tenths, total) => {
      const allowed = allowance(percent(tenths / 10), total)
      expect(allowed * 1000).toBeLessThanOrEqual(tenths * total)
      expect((allowed + 1) * 1000).toBeGreaterThan(tenths * total)
    }))
  })
})

test('a new rollout has a row for every host, in order, in its wave', () => {
  const order = {
    id: 'web-7', service: 'web', release: '2.0', revision: 'new', actor: 'ann', reason: null,
    strategy: strategySchema.parse({ waves: [1, 2], tolerance: { failed: '25%', unreachable: 3 } }),
    hosts: [{ host: 'c', revision: 'new' }, { host: 'a', revision: 'own' }, { host: 'b', revision: 'new' }, { host: 'd', revision: 'new' }],
  }
  const { rollout, tasks } = newRollout(order, 5)
  expect(tasks.map(({ host, wave, order: place, rank, revision }) => [host, wave, place, rank, revision])).toEqual([
    ['c', 0, 0, 0, 'new'], ['a', 1, 1, 1, 'own'], ['b', 1, 2, 2, 'new'], ['d', 2, 3, 3, 'new'],
  ])
  expect(rollout).toMatchObject({ phase: 'queued', createdAtMs: 5, limits: { failed: 1, unreachable: 3 } })
  expect(rollout.waves.map(({ size, forward }) => [size, forward.waiting])).toEqual([[1, 1], [2, 2], [1, 1]])
  expect(rollout.queues['offer-forward']).toBe(4)
})
