/**
 * A package as it grows entry by entry: every path once, every entry below real directories of the package itself. Together with
 * `checkEntry` it makes sure that what is unpacked stays below the directory it is unpacked in.
 */
import type { Problem } from '../errors.ts'
import { checkEntry, componentsOf, kindOf, quote, refusal, type EntryHeader, type EntryKind } from './entry.ts'
import { PACKAGE_LIMITS, type PackageLimits } from './limits.ts'

export class PackageTree {
  #entries = 0
  /** Directories that only a path implies are in it too: they cost memory here and an inode on every host. */
  readonly #kinds = new Map<string, EntryKind>()
  readonly #limits: PackageLimits

  constructor(limits: PackageLimits = PACKAGE_LIMITS) {
    this.#limits = limits
  }

  /** How many have been admitted. */
  get entries(): number {
    return this.#entries
  }

  /** Takes the next entry in, in the package's order. Null: it may be unpacked; else the package is refused. */
  admit(entry: EntryHeader): Problem | null {
    const fault = checkEntry(entry, this.#limits) ?? this.#place(entry)
    if (fault) return fault
    this.#entries += 1
    return Math.max(this.#entries, this.#kinds.size) > this.#limits.maxEntries ? tooMany(entry, this.#limits) : null
  }

  /** After the last entry. Null: the package is one. */
  finish(): Problem | null {
    for (const kind of this.#kinds.values()) if (kind !== 'directory') return null
    return { code: 'package_invalid', message: 'the package has no files', expected: 'at least one file' }
  }

  #place(entry: EntryHeader): Problem | null {
    const kind = kindOf(entry)!
    const components = componentsOf(entry.path)
    if (components.length === 0) return null
    const path = components.join('/')
    const before = this.#kinds.get(path)
    if (before && !(before === 'directory' && kind === 'directory')) {
      const what = before === kind ? 'comes twice' : `comes twice, as a ${before} and as a ${kind}`
      return refusal(entry.path, what, 'every path once')
    }
    const implied = this.#impliedBy(components)
    const [blocking] = implied.filter(directory => this.#kinds.has(directory))
    if (blocking !== undefined) {
      return refusal(entry.path, `lies below ${quote(blocking)}, which is a ${this.#kinds.get(blocking)}`, 'entries below directories only')
    }
    const fault = this.#checkHardLink(entry, kind)
    if (fault) return fault
    for (const directory of implied) this.#kinds.set(directory, 'directory')
    this.#kinds.set(path, kind)
    return null
  }

  /** What has to be a directory and is not one yet, from the innermost outwards: above a known directory all are known. */
  #impliedBy(components: string[]): string[] {
    const implied: string[] = []
    for (let depth = components.length - 1; depth > 0; depth -= 1) {
      const directory = components.slice(0, depth).join('/')
      if (this.#kinds.get(directory) === 'directory') break
      implied.push(directory)
    }
    return implied
  }

  #checkHardLink(entry: EntryHeader, kind: EntryKind): Problem | null {
    if (kind !== 'hardlink') return null
    const { path, linkpath = '' } = entry
    const target = this.#kinds.get(componentsOf(linkpath).join('/'))
    if (target === 'file' || target === 'hardlink') return null
    return refusal(path, `is a hard link to ${quote(linkpath)}, which is no file before it`, 'a file that comes earlier in the package')
  }
}

function tooMany(entry: EntryHeader, limits: PackageLimits): Problem {
  return {
    code: 'package_too_large',
    message: `entry ${quote(entry.path)} is one too many`,
    expected: `at most ${limits.maxEntries} files, directories and links`,
  }
}
