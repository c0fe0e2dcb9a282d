import { describe, expect, test } from 'vitest'
import { issueField, issueMessage } from '../../shared/issue.ts'
import { strategySchema } from '../../shared/strategy.ts'

function refusalsOf(input: unknown): string[] {
  const { error } = strategySchema.safeParse(input)
  return (error?.issues ?? []).map((issue) => `${issueField(issue)}: ${issueMessage(issue)}`)
}

const SIZE = 'expected a number of hosts (1 or more) or a percentage such as 10%'
const TOLERATED = 'expected a number of hosts (0 or more) or a percentage such as 10%'
const RATE = 'expected bytes a second such as 5MB/s, at least 1KB/s'
const duration = (from: string, to: string) => `expected a duration such as 30s, 10m or 1h30m, from ${from} to ${to}`

describe('a strategy is refused', () => {
  test.each<[string, unknown, string[]]>([
    ['a wave of nobody', { waves: [0] }, [`waves[0]: ${SIZE}`]],
    ['a wave of half a host', { waves: [2, 1.5] }, [`waves[1]: ${SIZE}`]],
    ['a wave of less than nobody', { waves: [-1] }, [`waves[0]: ${SIZE}`]],
    ['a wave of 0 %', { waves: ['0%'] }, [`waves[0]: ${SIZE}`]],
    ['a wave of more than all', { waves: ['101%'] }, [`waves[0]: ${SIZE}`]],
    ['a wave in words', { waves: ['all'] }, [`waves[0]: ${SIZE}`]],
    ['no waves', { waves: [] }, ['waves: Too small: expected array to have >=1 items']],
    ['waves that are no list', { waves: 2 }, ['waves: expected array, received number']],
    ['too many waves', { waves: Array.from({ length: 101 }, () => 1) }, ['waves: Too big: expected array to have <=100 items']],
    ['a window of nobody', { concurrency: 0 }, ['concurrency: Too small: expected number to be >=1']],
    ['a gate at no known place', { gate: { after: 'second', kind: 'bake' } }, ['gate.after: expected one of "none"|"first"|"every"']],
    ['a gate of no known kind', { gate: { after: 'first', kind: 'vote' } }, ['gate.kind: expected one of "manual"|"bake"|"test"']],
    ['a test without a script', { gate: { after: 'first', kind: 'test' } }, ['gate.test: expected the name of a script with kind: test, and none without']],
    ['a script at another gate', { gate: { after: 'first', kind: 'manual', test: 'smoke' } }, [
      'gate.test: expected the name of a script with kind: test, and none without',
    ]],
    ['a script that is a step', { before: ['start'] }, ['before[0]: expected another name: this is a step of every deployment']],
    ['a script that could be a path', { after: ['../migrate'] }, ['after[0]: expected the name of an executable of the cmd package, such as migrate']],
    ['an unknown answer to a busy service', { onBusy: 'push' }, ['onBusy: expected one of "queue"|"refuse"|"supersede"']],
    ['an unknown stop', { stop: 'hard' }, ['stop: expected one of "running"|"new"|"kill"']],
    ['a baking gate without a bake', { gate: { after: 'first', kind: 'bake' } }, ['bake: expected a duration above 0: the gate is a bake']],
    ['a bake without a unit', { bake: '60' }, [`bake: ${duration('0 ms', '168 h')}`]],
    ['a bake as a bare number', { bake: 60 }, [`bake: ${duration('0 ms', '168 h')}`]],
    ['a bake beyond a week', { bake: '8d' }, [`bake: ${duration('0 ms', '168 h')}`]],
    ['a timeout of nothing', { timeout: '0' }, [`timeout: ${duration('1 ms', '24 h')}`]],
    ['a timeout beyond a day', { timeout: '25h' }, [`timeout: ${duration('1 ms', '24 h')}`]],
    ['a backoff beyond an hour', { backoff: '61m' }, [`backoff: ${duration('0 ms', '1 h')}`]],
    ['no attempts', { attempts: 0 }, ['attempts: Too small: expected number to be >=1']],
    ['too many attempts', { attempts: 21 }, ['attempts: Too big: expected number to be <=20']],
    ['a tolerance below none', { tolerance: { failed: -1 } }, [`tolerance.failed: ${TOLERATED}`]],
    ['a tolerance in words', { tolerance: { unreachable: 'some' } }, [`tolerance.unreachable: ${TOLERATED}`]],
    ['a tolerance of something else', { tolerance: { slow: 1 } }, ['tolerance.slow: there is no such field; expected one of failed, unreachable']],
    ['an unknown answer to failure', { onFailure: 'cry' }, ['onFailure: expected one of "pause"|"rollback"|"continue"']],
    ['an unknown word for hosts that are away', { offline: 'forget' }, ['offline: expected one of "wait"|"skip"|"catch-up"']],
    ['an unknown order', { order: 'random' }, ['order: expected one of "spread"|"as-listed"']],
    ['a misspelt field', { concurency: 5 }, [
      'concurency: there is no such field; expected one of waves, concurrency, gate, bake, tolerance, onFailure, attempts, backoff, timeout, offline, order, before, after, onBusy, stop, prefetch, prefetchRate, prefetchWithin',
    ]],
    ['a prefetch in words', { prefetch: 'yes' }, ['prefetch: expected true or false']],
    ['a rate that is a size', { prefetchRate: '5MB' }, [`prefetchRate: ${RATE}`]],
    ['a rate of nothing', { prefetchRate: '0/s' }, [`prefetchRate: ${RATE}`]],
    ['a prefetch that nobody waits for', { prefetchWithin: '0' }, [`prefetchWithin: ${duration('1 ms', '24 h')}`]],
    ['something else', 'fast', [': expected object, received string']],
    ['two things at once', { attempts: 0, onFailure: 'cry' }, [
      'onFailure: expected one of "pause"|"rollback"|"continue"', 'attempts: Too small: expected number to be >=1',
    ]],
  ])('%s', (_, input, expected) => {
    expect(refusalsOf(input)).toEqual(expected)
  })
})

test('what is left out has its default: everybody at once, nothing tolerated but 5 % away', () => {
  expect(strategySchema.parse({})).toEqual({
    waves: [{ unit: 'percent', value: 100 }],
    concurrency: null,
    gate: { after: 'none', kind: 'bake' },
    bakeMs: 0,
    tolerance: { failed: { unit: 'hosts', value: 0 }, unreachable: { unit: 'percent', value: 5 } },
    onFailure: 'pause',
    attempts: 1,
    backoffMs: 5_000,
    timeoutMs: 600_000,
    offline: 'skip',
    order: 'spread',
    before: [],
    after: [],
    onBusy: 'refuse',
    stop: 'running',
    prefetch: null,
    prefetchBytesPerSecond: null,
    prefetchWithinMs: 1_800_000,
  })
})

test('a tolerance may name one of its two', () => {
  expect(strategySchema.parse({ tolerance: { failed: '2.5%' } }).tolerance).toEqual({
    failed: { unit: 'percent', value: 2.5 }, unreachable: { unit: 'percent', value: 5 },
  })
})

test('a bake alone is a gate after every wave', () => {
  expect(strategySchema.parse({ bake: '90s' })).toMatchObject({ gate: { after: 'every', kind: 'bake' }, bakeMs: 90_000 })
})

test('a person’s gate needs no bake', () => {
  expect(strategySchema.parse({ gate: { after: 'first', kind: 'manual' } })).toMatchObject({ gate: { after: 'first', kind: 'manual' }, bakeMs: 0 })
})
