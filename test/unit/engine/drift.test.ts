import { expect, test } from 'vitest'
import { standingOf } from '../../../coordinator/engine/convergence/drift.ts'
import type { Assignment, InstalledSince } from '../../../coordinator/engine/ports/hosts.ts'

const runs = (revision: string, findings: InstalledSince['findings'] = []): InstalledSince => ({ service: 'web', revision, version: '1', findings, sinceMs: 5 })
const should = (revision: string | null): Assignment => ({ service: 'web', host: 'h1', revision, rollout: 'web-7', generation: [7, 1] })
const [never, always] = [() => false, () => true]
const changed = { kind: 'files' as const, message: 'main.js changed' }

test.each([
  ['runs what it should', runs('a'), should('a'), []],
  ['runs nothing and should run nothing', undefined, should(null), []],
  ['has never been told anything', undefined, undefined, []],
  ['runs another revision', runs('a'), should('b'), ['other']],
  ['does not run it', undefined, should('b'), ['missing']],
  ['should run nothing', runs('a'), should(null), ['surplus']],
  ['was never assigned what it runs', runs('a'), undefined, ['surplus']],
  ['has found something', runs('a', [changed]), should('a'), ['files']],
  ['runs another revision, and that is broken too', runs('a', [changed]), should('b'), ['other', 'files']],
] as const)('a host that %s', (_, installed, assignment, kinds) => {
  const standing = standingOf(installed, assignment, never)
  expect(standing.kind === 'drifted' ? standing.drifts.map(({ kind }) => kind) : []).toEqual(kinds)
  expect(standing.kind).toBe(kinds.length === 0 ? 'well' : 'drifted')
})

test('a host that a rollout is about to take there has not drifted; what it finds of what it should run has', () => {
  expect(standingOf(runs('a'), should('b'), always)).toEqual({ kind: 'deploying', by: 'web-7' })
  expect(standingOf(undefined, should('b'), (id) => id === 'web-7')).toEqual({ kind: 'deploying', by: 'web-7' })
  expect(standingOf(runs('b', [changed]), should('b'), always)).toEqual({ kind: 'drifted', drifts: [changed], sinceMs: 5 })
})
