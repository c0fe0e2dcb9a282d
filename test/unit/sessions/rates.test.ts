/** How often each of many may come. */
import { expect, test } from 'vitest'
import { MAX_REMEMBERED, Rates } from '../../../coordinator/api/rates.ts'

const RATE = { perSecond: 1, atOnce: 3 }

function rates() {
  let now = 0
  const clock = { pass: (ms: number) => void (now += ms) }
  return { ...clock, rates: new Rates(RATE, () => now) }
}

test('each has its own share, which comes back with time', () => {
  const { rates: one, pass } = rates()
  expect(Array.from({ length: 5 }, () => one.take('a'))).toEqual([true, true, true, false, false])
  expect(one.take('b')).toBe(true)
  pass(1000)
  expect([one.take('a'), one.take('a')]).toEqual([true, false])
})

test('whoever is charged for more owes no more than the whole share', () => {
  const { rates: one, pass } = rates()
  one.charge('a', 1000)
  pass(3999)
  expect(one.take('a')).toBe(false)
  pass(1)
  expect(one.take('a')).toBe(true)
})

test('whoever has not come for long is forgotten, and never are too many remembered', () => {
  const { rates: one, pass } = rates()
  for (let nth = 0; nth < 100; nth += 1) one.take(`early-${nth}`)
  pass(1000)
  one.take('late')
  expect(one.remembered).toBe(1)
  for (let nth = 0; nth < MAX_REMEMBERED + 100; nth += 1) one.take(`many-${nth}`)
  expect(one.remembered).toBe(MAX_REMEMBERED)
})
