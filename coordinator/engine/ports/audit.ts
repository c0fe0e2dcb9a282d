/** The record of everything that changed anything: who, what, when, from where, why, and how it ended. Nothing in it is ever changed. */

/** `reason`, a target or a value beyond these is cut; more changes than this are counted in the last one. */
export const MAX_AUDIT_TEXT_CHARS = 300
export const MAX_AUDIT_CHANGES = 20
/** The oldest go first. */
export const MAX_AUDIT_ENTRIES = 100_000

/** Who acts when nobody asked: catching up, schedules, policies. */
export const SYSTEM_ACTOR = 'muster'

/** Where a request came from, as the connection and the client say; `token`: the id of the token that let it in. */
export type Origin = { address: string; userAgent: string | null; token?: string | null }

/** One field before and after, as JSON values; null: it was not there. */
export type FieldChange = { field: string; before: unknown; after: unknown }

/** `refused`: nothing was changed. `failed`: something broke on the way. `unknown`: whoever did it died before it could say. */
export type AuditOutcome = 'done' | 'refused' | 'failed' | 'unknown'

export type AuditEntry = {
  atMs: number
  actor: string
  /** `rollout.pause`: a noun and what was done to it. */
  verb: string
  /** `rollout/web-7`, `service/web`: first what was changed, then what it belongs to. */
  targets: readonly string[]
  reason: string | null
  /** Null: the system itself. */
  from: Origin | null
  outcome: AuditOutcome
  /** The code of the refusal, if it was one. */
  code: string | null
  changes: readonly FieldChange[]
}

/** What the system did by itself; `actor`: on whose behalf, if on anybody's. */
export function systemEntry(entry: Pick<AuditEntry, 'atMs' | 'verb' | 'targets' | 'reason'> & { actor?: string }): AuditEntry {
  return { actor: SYSTEM_ACTOR, ...entry, from: null, outcome: 'done', code: null, changes: [] }
}

/** What is known before anything is changed. */
export type BegunEntry = Omit<AuditEntry, 'outcome' | 'code' | 'changes'>
/** What is known afterwards; targets that only then have a name come in addition. */
export type EndedEntry = Pick<AuditEntry, 'outcome' | 'code' | 'changes' | 'targets'>

export interface Audit {
  /**
   * Something that has been done; durable when it resolves.
   * @param once what it is known by (`web-7/12`, say): whoever may do it twice records it once, for a day
   */
  record(entry: AuditEntry, once?: string): Promise<void>
}

/** `open`: begun, and not ended yet or never to be. */
export type AuditView = Omit<AuditEntry, 'outcome'> & { id: string; outcome: AuditOutcome | 'open' }

export type AuditFilter = {
  actor: string | null
  verb: string | null
  target: string | null
  sinceMs: number | null
  limit: number
  /** `next` of the page before. */
  cursor: string | null
}

export interface AuditLog extends Audit {
  /** Durable before anything is changed, so that no change is without a record, whatever fails afterwards. @returns its id */
  begin(entry: BegunEntry): Promise<string>
  /** Ends it; a second time changes nothing. */
  end(id: string, ended: EndedEntry): Promise<void>
  /** The latest first; a page may be shorter than its limit and have a `next`. @throws MusterError body_invalid for a cursor that no page gave */
  page(filter: AuditFilter): Promise<{ entries: AuditView[]; next: string | null }>
  /** How many there are. */
  size(): Promise<number>
}
