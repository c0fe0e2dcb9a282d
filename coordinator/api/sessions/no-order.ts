/** What becomes of something in a mailbox that is no order: nobody is sent it, and its rollout hears that it has failed. */
import type { Result } from '../../../shared/command.ts'
import { parseCommandId } from '../../../shared/ids.ts'
import type { CommandId, CommandParts, HostName } from '../../../shared/ids.ts'
import type { Held } from './delivery.ts'
import { resultEvent } from './result-event.ts'

export const NO_ORDER = 'what lay in the mailbox is not an order: an earlier version put it there, or it was changed in Redis'

/** Whether the host has certainly not begun it. A script needs no slot, so of one that the host has nobody knows. */
export function neverRan(parts: CommandParts | null, held: Held | undefined): boolean {
  return held === undefined || (held.state === 'open' && parts?.lane === 'task')
}

/** What its rollout is told. Null: it names no command for this host, so there is nobody to tell. */
export function failureOf(id: CommandId, host: HostName) {
  const parts = parseCommandId(id)
  const event = parts?.host === host ? resultEvent(parts, rejected(id)) : null
  return parts && event && { rollout: parts.rollout, event }
}

function rejected(id: CommandId): Result {
  return { id, verdict: 'failed', step: 'preflight', exitCode: -1, message: NO_ORDER, revert: 'not-needed', changed: false, durationMs: 0, installed: null }
}
