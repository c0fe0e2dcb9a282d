/** What counts as an attempt's time: its work, and not its waiting. */
import { expect, it } from 'vitest'
import { apply } from '../../../agent/deploy/attempt.ts'
import type { Attempt } from '../../../agent/deploy/attempt.ts'
import { remainingMs } from '../../../agent/deploy/budget.ts'
import type { Entry, Stamp } from '../../../agent/deploy/entry.ts'
import { command } from './commands.ts'
import { NOTHING, PASSED } from './play.ts'

const stamp = (monotonicMs: number, bootId = 'boot'): Stamp => ({ at: '', bootId, monotonicMs })
const journal = (...entries: [Stamp, Entry][]): Attempt => entries.reduce<Attempt | null>((so, [at, entry]) => apply(so, { ...at, ...entry }), null)!
const accepted: Entry = { kind: 'accepted', command: command({ timeoutMs: 1000 }) }
const finished = (step: 'fetch' | 'unpack' | 'check' | 'revert-stop'): Entry => ({ kind: 'finished', step, outcome: PASSED })

it('leaves out the wait for the turn and for the slot', () => {
  const attempt = journal([stamp(0), accepted], [stamp(5000), { kind: 'began', before: NOTHING }], [stamp(5100), finished('fetch')], [stamp(9000), { kind: 'granted' }])
  expect(remainingMs(attempt, 'start', stamp(9050))).toBe(1000 - 100 - 50)
})

it('goes on while the agent is away, and cannot be known across a reboot', () => {
  const started: Entry = { kind: 'started', step: 'start', ticket: 1 }
  const attempt = journal([stamp(0), accepted], [stamp(10), { kind: 'began', before: NOTHING }], [stamp(110), finished('unpack')], [stamp(110), { kind: 'granted' }], [stamp(120), started])
  expect(remainingMs(attempt, 'start', stamp(720))).toBe(1000 - 110 - 600)
  expect(remainingMs(attempt, 'start', stamp(5, 'next boot'))).toBe(1000 - 110)
})

it('is whole again for each step of the way back', () => {
  const attempt = journal([stamp(0), accepted], [stamp(0), { kind: 'began', before: NOTHING }], [stamp(0), { kind: 'granted' }], [stamp(1000), finished('check')])
  expect(remainingMs(attempt, 'revert-stop', stamp(1010))).toBe(990)
  expect(remainingMs(apply(attempt, { ...stamp(1900), ...finished('revert-stop') }), 'revert-start', stamp(1910))).toBe(990)
})
