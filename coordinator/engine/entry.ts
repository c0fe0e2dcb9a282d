/** What becomes of a service's entry when somebody applies a specification; pure, so that a dry run and the real one cannot differ. */
import { canonicalJson } from '../../shared/digest.ts'
import type { ServiceSpec } from '../../shared/service.ts'
import type { Applied, EntryNote, ServiceEntry } from './ports/catalogue.ts'

export const NO_NOTE: EntryNote = { reason: null, restored: null }

export function nextEntry(before: ServiceEntry | null, spec: ServiceSpec, by: string, now: number, note: EntryNote = NO_NOTE): Applied {
  if (before !== null && canonicalJson(before.spec) === canonicalJson(spec)) return { outcome: 'unchanged', before, entry: before }
  const entry: ServiceEntry = { spec, entry: (before?.entry ?? 0) + 1, updatedAtMs: now, updatedBy: by, ...note }
  return { outcome: before === null ? 'created' : 'updated', before, entry }
}
