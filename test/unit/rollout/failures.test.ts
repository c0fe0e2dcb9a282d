import { expect, test } from 'vitest'
import { MAX_NAMED_HOSTS } from '../../../coordinator/rollout/alike.ts'
import { groupFailures, MAX_FAILURE_GROUPS } from '../../../coordinator/rollout/failures.ts'
import type { FailedTask } from '../../../coordinator/rollout/failures.ts'

function failed(host: string, message: string, given: Partial<NonNullable<FailedTask['failure']>> & { sinceMs?: number } = {}): FailedTask {
  const { sinceMs = 10, ...failure } = given
  return { host, state: 'failed', attempt: 1, sinceMs, failure: { step: 'check', exitCode: 1, message, revert: 'succeeded', attempt: 1, atMs: sinceMs, ...failure } }
}

const shortly = (tasks: FailedTask[]) => groupFailures(tasks).groups.map(({ reason, hosts }) => [reason, ...hosts])

test('the commonest trouble comes first, in the words of the first host', () => {
  expect(shortly([failed('a', 'port 8080 is taken', { step: 'start' }), failed('b', 'HTTP 500'), failed('c', 'HTTP 500')])).toEqual([
    ['failed at check: HTTP 500', 'b', 'c'], ['failed at start: port 8080 is taken', 'a'],
  ])
})

test.each([
  ['their own name', 'web-1 has no room', 'web-2 has no room'],
  ['a local port', 'http://127.0.0.1:4700/ answered 500', 'http://127.0.0.1:4701/ answered 500'],
  ['times and tries', 'no answer after 16 tries in 5.3s', 'no answer after 9 tries in 5s'],
  ['a process', 'pid 17 has died', 'pid 4711 has died'],
])('what sets hosts apart for no good reason does not part them: %s', (_, one, other) => {
  expect(shortly([failed('web-1', one), failed('web-2', other)])).toEqual([[`failed at check: ${one}`, 'web-1', 'web-2']])
})

test('what is different stays apart: another port of the service, another step, a way back that failed too', () => {
  const tasks = [failed('a', 'HTTP 500'), failed('b', 'HTTP 404'), failed('c', 'HTTP 500', { step: 'start' }), failed('d', 'HTTP 500', { revert: 'failed' })]
  expect(shortly(tasks)).toHaveLength(4)
})

test('hosts that were away are apart from those that failed, with the first and the last of them', () => {
  const away = (host: string, attempt: number, sinceMs: number): FailedTask => ({ host, state: 'unreachable', attempt, sinceMs, failure: null })
  expect(groupFailures([away('a', 0, 30), away('b', 0, 10), away('c', 2, 20)]).groups).toMatchObject([
    { kind: 'unreachable', reason: 'unreachable: away when its turn came', count: 2, sinceMs: 10, untilMs: 30 },
    { kind: 'unreachable', reason: 'unreachable: vanished, and had not been touched', count: 1 },
  ])
})

test('only hosts whose last words are not those of what was put back are witnesses', () => {
  const [group] = groupFailures([failed('a', 'x'), failed('b', 'x', { revert: 'not-needed' })]).groups
  expect(group?.witnesses).toEqual(['b'])
})

test('however many hosts and troubles there are, so many are named and the rest is counted', () => {
  const letters = (index: number) => Array.from(String(index), (digit) => 'abcdefghij'[Number(digit)]).join('')
  const many = Array.from({ length: MAX_NAMED_HOSTS + 7 }, (_, index) => failed(`h${index}`, 'HTTP 500'))
  const rare = Array.from({ length: MAX_FAILURE_GROUPS + 2 }, (_, index) => failed('x', `trouble ${letters(index)}`))
  const { groups, others } = groupFailures([...rare, ...many])
  expect(groups).toHaveLength(MAX_FAILURE_GROUPS)
  expect(groups[0]).toMatchObject({ count: MAX_NAMED_HOSTS + 7, hosts: many.slice(0, MAX_NAMED_HOSTS).map(({ host }) => host) })
  expect(others).toBe(3)
})
