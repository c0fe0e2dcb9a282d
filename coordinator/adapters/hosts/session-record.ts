/** A host's session as Redis keeps it, so that scripts can compare epochs without parsing more: `<epoch> <since, in ms> <coordinator>`. */
import type { HostRecord } from '../../engine/ports/hosts.ts'

/** Null for null and for ''. */
export function readSession(text: string | null | undefined): HostRecord['session'] {
  const match = /^(\d+) (\d+) (.+)$/.exec(text ?? '')
  return match && { epoch: Number(match[1]), sinceMs: Number(match[2]), coordinator: match[3] ?? '' }
}
