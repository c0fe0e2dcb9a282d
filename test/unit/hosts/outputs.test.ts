import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { MAX_LINE_CHARS, MAX_TAILS, redisOutputs } from '../../../coordinator/adapters/hosts/outputs.ts'
import { MAX_KEPT_OUTPUT_BYTES, MAX_KEPT_OUTPUTS, OUTPUT_KEPT_MS } from '../../../coordinator/engine/ports/outputs.ts'
import type { OutputTail } from '../../../coordinator/engine/ports/outputs.ts'
import { STEPS } from '../../../shared/command.ts'
import { startRedis } from './redis-fixture.ts'
import type { RedisFixture } from './redis-fixture.ts'

let fixture: RedisFixture

beforeAll(async () => {
  fixture = await startRedis()
})
beforeEach(() => fixture.redis.flushall())
afterAll(() => fixture.stop())

function tail(attempt: number, step: OutputTail['step'], text: string): OutputTail {
  return { attempt, step, tail: text, totalBytes: text.length, atMs: 1 }
}

it('tails come by attempt and in the order of the steps, the latest of each', async () => {
  const outputs = redisOutputs(fixture.redis)
  const put = [tail(10, 'stop', 'd'), tail(2, 'check', 'c'), tail(2, 'stop', 'b'), tail(1, 'start', 'old'), tail(1, 'start', 'a')]
  for (const output of put) await outputs.put('web-1', 'h1', output)
  expect((await outputs.of('web-1', 'h1')).map((output) => output.tail)).toEqual(['a', 'b', 'c', 'd'])
  expect(await outputs.of('web-1', 'h2')).toEqual([])
  expect(await outputs.of('web-2', 'h1')).toEqual([])
})

it('the last line is the last one with something in it, and not a long one', async () => {
  const outputs = redisOutputs(fixture.redis)
  await outputs.put('web-1', 'h1', tail(1, 'stop', 'stopping\n  it says: bye \n\n  \n'))
  await outputs.put('web-1', 'h1', tail(1, 'switch', ' \n'))
  await outputs.put('web-1', 'h2', tail(1, 'stop', 'x'.repeat(1000)))
  await outputs.put('web-1', 'h3', tail(1, 'stop', ''))
  const lines = await outputs.lastLines('web-1', ['h1', 'h2', 'h3', 'h4'])
  expect(lines).toEqual(new Map([['h1', 'it says: bye'], ['h2', 'x'.repeat(MAX_LINE_CHARS)]]))
  expect(await outputs.lastLines('web-1', [])).toEqual(new Map())
})

it('a host that is tried again and again keeps its latest attempts', async () => {
  const outputs = redisOutputs(fixture.redis)
  for (let attempt = 1; attempt <= 12; attempt += 1) for (const step of STEPS) await outputs.put('web-1', 'h1', tail(attempt, step, 'x'))
  const kept = await outputs.of('web-1', 'h1')
  expect(kept.length).toBeLessThanOrEqual(MAX_TAILS)
  expect([...new Set(kept.map(({ attempt }) => attempt))]).toEqual([9, 10, 11, 12])
})

it('everything goes a while after the last of it came', async () => {
  const outputs = redisOutputs(fixture.redis)
  await outputs.put('web-1', 'h1', tail(1, 'stop', 'x'))
  await outputs.keep('web-1', 'h1', { attempt: 1, step: 'stop' }, Buffer.from('all'))
  const keys = await fixture.redis.keys('*')
  expect(keys).toHaveLength(4)
  for (const key of keys) {
    const leftMs = await fixture.redis.pttl(key)
    expect(leftMs).toBeGreaterThan(OUTPUT_KEPT_MS - 60_000)
    expect(leftMs).toBeLessThanOrEqual(OUTPUT_KEPT_MS)
  }
})

it('of what failed the end is kept, of so many steps and no more', async () => {
  const outputs = redisOutputs(fixture.redis)
  const long = Buffer.alloc(MAX_KEPT_OUTPUT_BYTES + 3, 'a\n')
  long.write('the end', long.length - 7)
  const name = { attempt: 2, step: 'check' as const }
  await outputs.keep('web-1', 'h1', name, long)
  expect(Buffer.from((await outputs.kept('web-1', 'h1', name))!)).toEqual(long.subarray(3))
  expect(await outputs.keepsMore('web-1')).toBe(true)
  for (let host = 2; host <= MAX_KEPT_OUTPUTS + 1; host++) await outputs.keep('web-1', `h${host}`, name, Buffer.from(`of ${host}`))
  expect(Buffer.from((await outputs.kept('web-1', `h${MAX_KEPT_OUTPUTS}`, name))!).toString()).toBe(`of ${MAX_KEPT_OUTPUTS}`)
  expect(await outputs.kept('web-1', `h${MAX_KEPT_OUTPUTS + 1}`, name)).toBeNull()
  expect(await outputs.keepsMore('web-1')).toBe(false)
  await outputs.keep('web-1', 'h1', name, Buffer.from('again'))
  expect(Buffer.from((await outputs.kept('web-1', 'h1', name))!).toString()).toBe('again')
  expect(await outputs.kept('web-1', 'h1', { attempt: 1, step: 'check' })).toBeNull()
  expect(await outputs.kept('web-2', 'h1', name)).toBeNull()
})

it('who has printed after a mark is known, in the order of time', async () => {
  const outputs = redisOutputs(fixture.redis)
  for (const host of ['h2', 'h1', 'h3', 'h2']) await outputs.put('web-1', host, tail(1, 'stop', 'x'))
  const all = await outputs.printedAfter('web-1', 0, 10)
  expect(all.map(({ host }) => host)).toEqual(['h1', 'h3', 'h2'])
  expect(await outputs.printedAfter('web-1', 0, 2)).toEqual(all.slice(0, 2))
  expect(await outputs.printedAfter('web-1', all[0]!.mark, 10)).toEqual(all.slice(1))
  expect(await outputs.printedAfter('web-1', all[2]!.mark, 10)).toEqual([])
})
