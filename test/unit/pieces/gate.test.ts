import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Gate } from '../../../shared/pieces/gate.ts'

/** Longer than anybody who is silent is waited for. */
const STANDSTILL_MS = 4_700

test('a process that has stood still itself breaks nobody off for silence: what they have said meanwhile is still to be read', async () => {
  const gate = new Gate({ slots: 1, line: 0, perPeer: 1 })
  const broken: string[] = []
  const place = gate.admit('a', () => broken.push('a'))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDSTILL_MS)
  await delay(50)
  expect(broken).toEqual([])
  expect(typeof place).toBe('object')
})
