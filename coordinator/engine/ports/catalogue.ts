/** The service catalogue: entries (versioned), releases (immutable), revisions (immutable). */
import type { Goal } from '../../../shared/command.ts'
import type { ServiceSpec } from '../../../shared/service.ts'
import type { ReleaseClaim } from '../../../shared/signed-release.ts'

/** How many versions of an entry are kept for each service; the oldest goes first. */
export const MAX_KEPT_ENTRIES = 200

/** Why an entry was written. `restored`: the entry whose content it has again. */
export type EntryNote = { reason: string | null; restored: number | null }

export type ServiceEntry = EntryNote & { spec: ServiceSpec; entry: number; updatedAtMs: number; updatedBy: string }

/** `envelope`: what was signed of it, where it comes from included; null: it was made before releases were signed, and is not ordered. */
export type Release = ReleaseClaim & { createdAtMs: number; createdBy: string }

/**
 * A revision with all that a command for it needs. What it is a digest over never changes; the release's name and how many releases stay on a
 * host are those of the last order. */
export type RevisionRecord = { service: string; goal: Goal; path: string; account: string | null; keepReleases: number }

/** `before`: what it was; null: nothing. */
export type Applied = { outcome: 'created' | 'updated' | 'unchanged'; before: ServiceEntry | null; entry: ServiceEntry }
/** `signed`: it was there with the same packages and another envelope, or none. `exists`: it is there with other packages, and stays as it is. */
export type Released = { outcome: 'created' | 'signed' | 'unchanged'; release: Release } | { outcome: 'exists'; release: Release }

export interface Catalogue {
  /** The same content again is `unchanged`, and no new entry. */
  apply(spec: ServiceSpec, by: string, now: number, note?: EntryNote): Promise<Applied>
  service(name: string): Promise<ServiceEntry | null>
  services(): Promise<ServiceEntry[]>
  /** Null for one that never was, or is no longer kept. */
  entry(service: string, entry: number): Promise<ServiceEntry | null>
  /** The latest first, beginning below `before`; null: with the latest. */
  entries(service: string, page: { before: number | null; limit: number }): Promise<ServiceEntry[]>

  /** @param isSigned whether what is there, of the same packages, needs no other envelope. Asked again where others come in between. */
  release(release: Release, isSigned?: (there: Release) => boolean): Promise<Released>
  getRelease(service: string, version: string): Promise<Release | null>
  /** The latest first. */
  releases(service: string): Promise<Release[]>

  putRevisions(records: readonly RevisionRecord[]): Promise<void>
  revision(revision: string): Promise<RevisionRecord | null>
  /** Versions of revisions, for showing; unknown ones are left out. */
  revisions(names: readonly string[]): Promise<Map<string, RevisionRecord>>
}
