import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bitmap } from '../../../shared/swarm/bitmap.ts'

const anySet = fc.integer({ min: 1, max: 300 }).chain((length) => fc.record({ length: fc.constant(length), indexes: fc.uniqueArray(fc.integer({ min: 0, max: length - 1 })) }))

test('what is encoded is decoded', () => {
  fc.assert(fc.property(anySet, ({ length, indexes }) => {
    const decoded = Bitmap.decode(Bitmap.of(length, indexes).encode(), length)
    expect([...decoded.indexes()]).toEqual([...indexes].sort((a, b) => a - b))
    expect(decoded.count).toBe(indexes.length)
  }))
})

test('bit n, from the lowest of the first byte, is piece n', () => {
  expect(Buffer.from(Bitmap.of(20, [0, 3, 9]).encode(), 'base64url')).toEqual(Buffer.from([0b1001, 0b10]))
})

test('whatever somebody sends is a set of pieces that there are', () => {
  fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 100 }), (text, length) => {
    const decoded = Bitmap.decode(text, length)
    expect([...decoded.indexes()].every((index) => index < length)).toBe(true)
    expect(decoded.count).toBe([...decoded.indexes()].length)
  }))
  expect(Bitmap.decode(Bitmap.full(500).encode(), 9).count).toBe(9)
  expect(Bitmap.decode('', 9).count).toBe(0)
})

test('a piece that there is not is never in it', () => {
  const bitmap = new Bitmap(33)
  expect([bitmap.set(33), bitmap.set(-1), bitmap.set(32), bitmap.set(32), bitmap.clear(1), bitmap.clear(32)]).toEqual([false, false, true, false, false, true])
  expect([bitmap.has(32), bitmap.has(64), bitmap.count]).toEqual([false, false, 0])
})
