import fc from 'fast-check'
import { expect, it } from 'vitest'
import { deliver, holdingsOf } from '../../../coordinator/api/sessions/delivery.ts'
import type { Holdings } from '../../../coordinator/api/sessions/delivery.ts'
import type { MailboxView } from '../../../coordinator/engine/ports/sessions.ts'
import type { CoordinatorMessage } from '../../../shared/message.ts'
import { commandIdIn } from '../../../shared/order.ts'
import { commandOf, orderFor } from '../hosts/commands.ts'

const EPOCH = 5

const orders = [1, 2, 3, 4, 5, 6].map((attempt) => orderFor(commandOf('h1', 'web-1', attempt)))
const entries = fc.array(fc.record({
  attempt: fc.integer({ min: 1, max: 6 }), grantedEpoch: fc.constantFrom(null, EPOCH - 1, EPOCH, EPOCH + 1), killed: fc.constantFrom(null, 'it hangs'),
}))
const view = entries.map((all): MailboxView => {
  const mail = all.map(({ attempt, ...marks }) => ({ command: commandOf('h1', 'web-1', attempt), order: orders[attempt - 1]!, ...marks }))
  return { epoch: EPOCH, mail: new Map(mail.map((each) => [each.command.id, each])), unreadable: [] }
})
const views = fc.array(view, { minLength: 1, maxLength: 8 })
const open = fc.array(fc.record({ id: fc.integer({ min: 1, max: 6 }).map((attempt) => `web-1/h1/${attempt}`), claimed: fc.boolean() }))

/** What is wrong with the n-th of these messages; null: nothing. */
function fault(nth: number, messages: readonly CoordinatorMessage[], held: Holdings, { mail }: MailboxView): string | null {
  const message = messages[nth]!
  switch (message.kind) {
    case 'order':
      return held.has(commandIdIn(message.order.order)) ? 'a command that the host has already' : null
    case 'withdraw':
      return held.get(message.id)?.state === 'open' && !mail.has(message.id) ? null : 'a withdrawal of what lies there, or is not open'
    case 'grant': {
      if (mail.get(message.id)?.grantedEpoch !== EPOCH) return 'a grant that is not for this session'
      const isSent = messages.slice(0, nth).some((earlier) => earlier.kind === 'order' && commandIdIn(earlier.order.order) === message.id)
      return isSent || held.get(message.id)?.state === 'open' ? null : 'a grant without its command, or for the second time'
    }
    case 'kill':
      if (mail.get(message.id)?.killed !== message.reason) return 'a kill that nobody asked for'
      return held.get(message.id)?.isKilled ? 'a kill for the second time' : null
    default:
      return `a ${message.kind}`
  }
}

it('whatever lies in the mailbox from look to look, each message is right when it goes out', () => {
  fc.assert(fc.property(open, views, (opened, all) => {
    let held = holdingsOf(opened)
    for (const each of all) {
      const told = deliver(held, each, EPOCH)
      const faults = told.messages.map((_, nth) => fault(nth, told.messages, held, each))
      expect(faults.filter((found) => found !== null)).toEqual([])
      held = told.held
    }
  }))
})

it('after each look the host holds just what lies there, with every grant of its session, and another look says nothing', () => {
  fc.assert(fc.property(open, views, (opened, all) => {
    let held = holdingsOf(opened)
    for (const each of all) {
      held = deliver(held, each, EPOCH).held
      expect(new Set(held.keys())).toEqual(new Set(each.mail.keys()))
      const ungranted = [...each.mail].filter(([id, { grantedEpoch }]) => grantedEpoch === EPOCH && held.get(id)?.state === 'open')
      expect(ungranted).toEqual([])
      expect([...each.mail].filter(([id, { killed }]) => killed !== null && !held.get(id)?.isKilled)).toEqual([])
      expect(deliver(held, each, EPOCH).messages).toEqual([])
    }
  }))
})
