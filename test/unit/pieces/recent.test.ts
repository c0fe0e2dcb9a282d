/** Pieces in memory: what came lately is there, and no more of it than there may be, nor for longer. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Recent } from '../../../shared/pieces/recent.ts'

const MIB = 1024 * 1024

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

test('the latest are there, up to eight mebibytes; what is dropped is not', () => {
  const recent = new Recent()
  for (const name of ['a', 'b', 'c']) recent.add(name, Buffer.alloc(3 * MIB))
  expect(['a', 'b', 'c'].map((name) => recent.get(name)?.length ?? null)).toEqual([null, 3 * MIB, 3 * MIB])
  recent.drop('b')
  recent.add('d', Buffer.alloc(5 * MIB))
  expect(['b', 'c', 'd'].map((name) => recent.get(name)?.length ?? null)).toEqual([null, 3 * MIB, 5 * MIB])
  recent.add('e', Buffer.alloc(9 * MIB))
  expect(recent.get('e')).toBeNull()
})

test('after a few seconds nothing is', () => {
  const recent = new Recent()
  recent.add('a', Buffer.alloc(10))
  vi.advanceTimersByTime(4000)
  recent.add('b', Buffer.alloc(10))
  vi.advanceTimersByTime(1001)
  expect([recent.get('a'), recent.get('b')?.length]).toEqual([null, 10])
  vi.advanceTimersByTime(10_000)
  expect([recent.get('b'), vi.getTimerCount()]).toEqual([null, 0])
})
