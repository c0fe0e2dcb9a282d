/** What one agent may say: everything, and no faster than its share. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AGENT_LIMITS, Allowance } from '../../../coordinator/api/sessions/allowance.ts'

const LIMITS = { framesPerSecond: 10, framesAtOnce: 20, bytesPerSecond: 1000, bytesAtOnce: 5000 }

test('what comes within the limits never waits', () => {
  const allowance = new Allowance(LIMITS, 0)
  for (let now = 0; now < 60_000; now += 100) expect(allowance.take(100, now)).toBe(0)
})

test('a burst is taken at once, and what is beyond it waits for its share', () => {
  const allowance = new Allowance(LIMITS, 0)
  const waits = Array.from({ length: 22 }, () => allowance.take(0, 0))
  expect(waits).toEqual([...Array.from({ length: 20 }, () => 0), 100, 200])
})

test('bytes count as well as frames', () => {
  expect(new Allowance(LIMITS, 0).take(6000, 0)).toBe(1000)
})

test('over any stretch of time, whoever waits as told gets no more than the burst and its share', () => {
  fc.assert(fc.property(fc.array(fc.record({ sizeBytes: fc.nat(3000), pauseMs: fc.nat(500) }), { minLength: 1, maxLength: 200 }), (frames) => {
    const allowance = new Allowance(LIMITS, 0)
    let now = 0
    let [taken, bytes] = [0, 0]
    for (const { sizeBytes, pauseMs } of frames) {
      now += pauseMs
      now += allowance.take(sizeBytes, now)
      taken += 1
      bytes += sizeBytes
      expect(taken).toBeLessThanOrEqual(LIMITS.framesAtOnce + (now / 1000) * LIMITS.framesPerSecond + 1e-6)
      expect(bytes).toBeLessThanOrEqual(LIMITS.bytesAtOnce + (now / 1000) * LIMITS.bytesPerSecond + 1e-6)
    }
  }))
})

test('a clock that goes back gives nothing and takes nothing', () => {
  const allowance = new Allowance(AGENT_LIMITS, 10_000)
  expect(allowance.take(1, 5000)).toBe(0)
})
