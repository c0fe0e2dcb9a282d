import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deliver, holdingsOf } from '../../../coordinator/api/sessions/delivery.ts'
import type { MailboxView } from '../../../coordinator/engine/ports/sessions.ts'
import { commandOf } from '../hosts/commands.ts'

const EPOCH = 5
const attempts = fc.array(fc.record({ attempt: fc.nat(5), grantedEpoch: fc.constantFrom(null, EPOCH - 1, EPOCH, EPOCH + 1) }), { maxLength: 6 })
const view = attempts.map((entries): MailboxView => ({
  epoch: EPOCH,
  mail: new Map(entries.map(({ attempt, grantedEpoch }) => {
    const command = commandOf('h1', 'web-1', attempt + 1)
    return [command.id, { command, grantedEpoch }]
  })),
}))
const open = fc.uniqueArray(fc.nat(5), { maxLength: 3 }).chain((all) => fc.tuple(...all.map((attempt) => fc.record({ id: fc.constant(`web-1/h1/${attempt + 1}`), claimed: fc.boolean() }))))

describe('whatever lies in the mailbox from look to look', () => {
  it('the host holds just what lies there, and a second look at the same says nothing', () => {
    fc.assert(fc.property(open, fc.array(view, { minLength: 1, maxLength: 8 }), (opened, views) => {
      let held = holdingsOf(opened)
      for (const each of views) {
        const told = deliver(held, each, EPOCH)
        expect(new Set(told.held.keys())).toEqual(new Set(each.mail.keys()))
        expect(deliver(told.held, each, EPOCH).messages).toEqual([])
        held = told.held
      }
    }))
  })

  it('a grant follows its command, once, and is for this session alone; what is granted is not withdrawn', () => {
    fc.assert(fc.property(open, fc.array(view, { minLength: 1, maxLength: 8 }), (opened, views) => {
      let held = holdingsOf(opened)
      for (const each of views) {
        const { held: next, messages } = deliver(held, each, EPOCH)
        messages.forEach((message, index) => {
          if (message.kind === 'grant') {
            expect(each.mail.get(message.id)?.grantedEpoch).toBe(EPOCH)
            const isHeld = held.get(message.id)?.state === 'open'
            expect(isHeld || messages.slice(0, index).some((earlier) => earlier.kind === 'command' && earlier.command.id === message.id)).toBe(true)
          }
          if (message.kind === 'withdraw') expect([held.get(message.id)?.state, each.mail.has(message.id)]).toEqual(['open', false])
          if (message.kind === 'command') expect(held.has(message.command.id)).toBe(false)
        })
        held = next
      }
    }))
  })
})
