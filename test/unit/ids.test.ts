/** Ids that travel: written and read back, in every lane, and whatever the network sends instead of one. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { commandId, NAME_PATTERN, parseCommandId } from '../../shared/ids.ts'
import type { CommandParts } from '../../shared/ids.ts'

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/).filter((text) => NAME_PATTERN.test(text))
const parts: fc.Arbitrary<CommandParts> = fc.record({
  rollout: name, host: name, lane: fc.constantFrom('task' as const, 'script' as const, 'prefetch' as const), attempt: fc.integer({ min: 1, max: 999_999_999 }),
})

it('are read as they were written, and no two commands share one', () => {
  fc.assert(fc.property(parts, (one) => {
    expect(parseCommandId(commandId(one))).toEqual(one)
  }))
  expect(commandId({ rollout: 'web-7', host: 'h1', lane: 'task', attempt: 2 })).toBe('web-7/h1/2')
  expect(commandId({ rollout: 'web-7', host: 'h1', lane: 'script', attempt: 2 })).toBe('web-7/h1/s2')
  expect(commandId({ rollout: 'web-7', host: 'h1', lane: 'prefetch', attempt: 2 })).toBe('web-7/h1/p2')
})

it.each(['', 'web-7/h1', 'web-7/h1/0', 'web-7/h1/01', 'web-7/h1/s', 'web-7/h1/s0', 'web-7/h1/ss1', 'web-7/h1/t1', 'web-7/h1/1/s1', 'web-7//1', 'web-7/../1', 'web-7/h1/1\n'])(
  '%j is none',
  (id) => expect(parseCommandId(id)).toBeNull(),
)
