import { expect, test } from 'vitest'
import { driftGroups } from '../../../coordinator/engine/convergence/drift-groups.ts'
import type { Member } from '../../../coordinator/engine/convergence/drift-groups.ts'

const around = { versionOf: (revision: string) => (revision === 'gone' ? null : revision.slice(1, 2)), isActive: (id: string) => id === 'web-9' }

function member(host: string, runs: string | null, should: string | null, more: Partial<Member> & { by?: string; found?: string; sinceMs?: number } = {}): Member {
  const { by = 'web-7', found, sinceMs = 5, ...given } = more
  return {
    host, isHere: true, seenAtMs: 100,
    runs: runs === null ? undefined
      : { service: 'web', revision: runs, version: runs.slice(1, 2), findings: found === undefined ? [] : [{ kind: 'process', message: found }], sinceMs },
    assignment: { service: 'web', host, revision: should, rollout: by, generation: [7, 1] },
    behind: null,
    ...given,
  }
}

const told = (...members: Member[]) => driftGroups(members, around).groups.map(({ kind, message, hosts }) => [kind, message, ...hosts])

test('hosts with the same trouble are one group, the commonest first', () => {
  expect(told(member('h1', 'r1', 'r2'), member('h2', null, 'r2'), member('h3', 'r1', 'r2'), member('h4', 'r2', 'r2'))).toEqual([
    ['other', 'runs 1, should run 2 (web-7)', 'h1', 'h3'], ['missing', 'not installed, should run 2 (web-7)', 'h2'],
  ])
})

test.each([
  ['r1', null, 'surplus', 'runs 1, and is assigned nothing (web-7)'],
  ['r1', 'r1b', 'other', 'runs 1 with other settings than it should (web-7)'],
  ['r1', 'gone', 'other', 'runs 1, should run a revision that is not in the catalogue (web-7)'],
])('%s where %s should be: %s', (runs, should, kind, message) => {
  expect(told(member('h1', runs, should))).toEqual([[kind, message, 'h1']])
})

test('what hosts found is one group whatever the process, since the first of them', () => {
  const found = [member('h1', 'r1', 'r1', { found: 'process 7 runs from /tmp', sinceMs: 9 }), member('h2', 'r1', 'r1', { found: 'process 8 runs from /tmp', sinceMs: 4 })]
  expect(driftGroups(found, around)).toMatchObject({ drifted: 2, groups: [{ kind: 'process', message: 'process 7 runs from /tmp', count: 2, sinceMs: 4 }] })
})

test('a host that is as assigned, and behind its service, is not well', () => {
  const behind = 'runs 1, the service is on 2 (failed in web-7)'
  expect(driftGroups([member('h1', 'r1', 'r1', { behind }), member('h2', 'r2', 'r2')], around)).toMatchObject({
    well: 1, drifted: 1, groups: [{ kind: 'behind', message: behind, hosts: ['h1'], sinceMs: null }],
  })
})

test('who is away, and who is being deployed, has not drifted', () => {
  const members = [
    member('h1', 'r1', 'r2', { isHere: false, seenAtMs: 60 }), member('h2', 'r1', 'r2', { isHere: false, seenAtMs: 50 }),
    member('h3', 'r1', 'r2', { by: 'web-9' }), member('h4', 'r2', 'r2'),
  ]
  expect(driftGroups(members, around)).toEqual({
    well: 1, drifted: 0, groups: [], deploying: [{ rollout: 'web-9', hosts: ['h3'] }], away: { hosts: ['h1', 'h2'], sinceMs: 50 },
  })
})
