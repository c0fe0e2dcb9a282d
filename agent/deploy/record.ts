/** What the host's record of a service says after an attempt. */
import type { Attempt } from './attempt.ts'
import type { Leaves } from './conclude.ts'
import { installationOf } from './installation.ts'
import type { ServiceRecord } from './installation.ts'

/** Null: the record stays as it is. */
export function recordAfter({ command, before }: Attempt, leaves: Leaves): ServiceRecord | null {
  const { id, service } = command
  const installed = before?.installed ?? null
  switch (leaves) {
    case 'as-it-was':
      return null
    case 'goal':
      return { service, installed: installationOf(command), doubt: null }
    case 'previous':
      return { service, installed, doubt: null }
    case 'doubt':
      return { service, installed, doubt: { command: id, attempted: installationOf(command) } }
    default:
      return leaves satisfies never
  }
}
