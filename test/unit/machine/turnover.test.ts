import { expect, it } from 'vitest'
import { Turnover } from '../../../shared/machine/turnover.ts'
import { machine, testKeys } from '../../keys.ts'

const HOUR_MS = 3_600_000
const enrolledAtMs = Date.now()
const renewedAtMs = enrolledAtMs + 16 * HOUR_MS
const keys = await testKeys()
const first = await machine(keys, 'h1', 'agent', enrolledAtMs)
const renewed = await machine(keys, 'h1', 'agent', renewedAtMs)

it.each([[0.25, 2], [0.5, 4], [1, 8]])('a session goes over at a moment of its own between renewal and expiry (%d)', (random, afterHours) => {
  const turnover = new Turnover(first, () => random)
  expect(turnover.isDue(renewed, renewedAtMs)).toBe(false)
  expect(turnover.isDue(renewed, renewedAtMs + (afterHours - 0.01) * HOUR_MS)).toBe(false)
  expect(turnover.isDue(renewed, renewedAtMs + (afterHours + 0.01) * HOUR_MS)).toBe(true)
})

it('a session whose certificate is over goes over at once when there is another', () => {
  const turnover = new Turnover(first, () => 0.9)
  expect(turnover.isDue(first, enrolledAtMs + 25 * HOUR_MS)).toBe(false)
  expect(turnover.isDue(renewed, enrolledAtMs + 25 * HOUR_MS)).toBe(true)
})
