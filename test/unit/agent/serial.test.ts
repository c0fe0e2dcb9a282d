/** Work on the same thing: one after another, and nobody who gives up waits for the others or lets anybody in beside them. */
import { expect, test } from 'vitest'
import { Serial } from '../../../agent/serial.ts'

const { signal } = new AbortController()

test('work on one thing waits for what is under way, even when that fails; work on another does not', async () => {
  const serial = new Serial()
  const gate = Promise.withResolvers<void>()
  const done: string[] = []
  const first = serial.run('a', signal, () => gate.promise)
  const second = serial.run('a', signal, () => Promise.resolve(void done.push('second')))
  await serial.run('b', signal, () => Promise.resolve(void done.push('other')))
  expect(done).toEqual(['other'])
  gate.reject(new Error('no'))
  await expect(first).rejects.toThrow('no')
  await second
  expect(done).toEqual(['other', 'second'])
})

test('whoever gives up is told so at once; those behind still wait for those before', async () => {
  const serial = new Serial()
  const gate = Promise.withResolvers<void>()
  const done: string[] = []
  const first = serial.run('a', signal, () => gate.promise.then(() => void done.push('first')))
  const impatient = new AbortController()
  const second = serial.run('a', impatient.signal, () => Promise.resolve(void done.push('never')))
  const third = serial.run('a', signal, () => Promise.resolve(void done.push('third')))
  impatient.abort(new Error('given up'))
  await expect(second).rejects.toThrow('given up')
  expect(done).toEqual([])
  gate.resolve()
  await Promise.all([first, third])
  expect(done).toEqual(['first', 'third'])
})
