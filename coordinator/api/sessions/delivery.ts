/**
 * What a host is to be told: the difference between what lies in its mailbox and what it has been sent in this session. Pure. However
 * often it is asked, and whatever was missed in between, each message goes out once.
 */
import type { Step } from '../../../shared/command.ts'
import type { CommandId } from '../../../shared/ids.ts'
import type { CoordinatorMessage, OpenCommand } from '../../../shared/message.ts'
import type { MailboxView } from '../../engine/ports/sessions.ts'

/**
 * A command that the host has. `open`: it may be withdrawn. `claimed`: it has its grant. `over`: its result has come. `step`: the last
 * one that was reported. `isKilled`: the host was told in this session to end it.
 */
export type Held = { state: 'open' | 'claimed' | 'over'; step: Step | null; isKilled: boolean }
export type Holdings = ReadonlyMap<CommandId, Held>

/** A host need not be sent what it says that it has. */
export function holdingsOf(open: readonly OpenCommand[]): Holdings {
  return new Map(open.map(({ id, claimed }) => [id, { state: claimed ? 'claimed' : 'open', step: null, isKilled: false }]))
}

export function deliver(held: Holdings, view: MailboxView, epoch: number): { held: Holdings; messages: CoordinatorMessage[] } {
  const messages: CoordinatorMessage[] = []
  const next = new Map<CommandId, Held>()
  for (const [id, { order, grantedEpoch, killed }] of view.mail) {
    const before = held.get(id) ?? { state: 'open', step: null, isKilled: false }
    if (!held.has(id)) messages.push({ kind: 'order', order })
    const isGranted = before.state === 'open' && grantedEpoch === epoch
    if (isGranted) messages.push({ kind: 'grant', id, epoch })
    const isKilled = killed !== null && !before.isKilled && before.state !== 'over'
    if (isKilled) messages.push({ kind: 'kill', id, reason: killed })
    next.set(id, { ...before, state: isGranted ? 'claimed' : before.state, isKilled: before.isKilled || isKilled })
  }
  for (const [id, { state }] of held) {
    if (!view.mail.has(id) && state === 'open') messages.push({ kind: 'withdraw', id })
  }
  return { held: next, messages }
}
