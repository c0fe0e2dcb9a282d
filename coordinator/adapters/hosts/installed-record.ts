/** What a host says that it runs, as Redis keeps it. */
import { parseKept } from '../../../shared/kept.ts'
import type { InstalledSince } from '../../engine/ports/hosts.ts'

/** @param seenAtMs stands for the time since when it is so, where an earlier version did not keep that */
export function readInstalled(text: string | null | undefined, seenAtMs: number): InstalledSince[] {
  return parseKept<InstalledSince[]>(text ?? '[]').map((one) => ({ ...one, sinceMs: one.sinceMs ?? seenAtMs }))
}
