/**
 * What one entry of a package may be, seen alone: a file, a directory or a link, below the package's root by its own words.
 * Whoever packs, keeps or unpacks applies these same rules. `tree.ts` has those that need the entries before.
 */
import { win32 } from 'node:path'
import type { Problem } from '../errors.ts'
import { PACKAGE_LIMITS, type PackageLimits } from './limits.ts'

/** As the tar library reads it; `type` is the library's name for the type flag. */
export type EntryHeader = { path: string; type: string; size: number; mode?: number | undefined; linkpath?: string | undefined }
export type EntryKind = 'file' | 'directory' | 'symlink' | 'hardlink'

const SET_ID_BITS = 0o6000
const QUOTED_CHARS = 120

/** Null for everything that a package may not contain: devices, pipes, sparse files, unknown extensions. */
export function kindOf(entry: EntryHeader): EntryKind | null {
  switch (entry.type) {
    case 'File': case 'OldFile': case 'ContiguousFile': return 'file'
    case 'Directory': return 'directory'
    case 'SymbolicLink': return 'symlink'
    case 'Link': return 'hardlink'
    default: return null
  }
}

/** The components of a path, without those that say nothing: `./a//b/` is `a`, `b`, and the root has none. */
export function componentsOf(path: string): string[] {
  return path.split('/').filter(component => component !== '' && component !== '.')
}

/** Safe to print on a terminal whatever the path holds. */
export function quote(path: string): string {
  const short = path.length > QUOTED_CHARS ? `${path.slice(0, QUOTED_CHARS)}…` : path
  return JSON.stringify(short).replace(/[\u007f-\u009f]/g, char => `\\u00${char.charCodeAt(0).toString(16)}`)
}

/** Why the entry named `path` is refused. */
export function refusal(path: string, what: string, expected: string): Problem {
  return { code: 'package_invalid', message: `entry ${quote(path)} ${what}`, expected }
}

/** Null when the entry may stand in a package, as far as it can be judged without the others. */
export function checkEntry(entry: EntryHeader, limits: PackageLimits = PACKAGE_LIMITS): Problem | null {
  const { path, type, size, mode = 0 } = entry
  const fault = checkPath(path, limits)
  if (fault) return refusal(path, fault.what, fault.expected)
  const kind = kindOf(entry)
  if (!kind) return refusal(path, `is of the type ${type}`, 'only files, directories and links')
  if (kind !== 'directory' && componentsOf(path).length === 0) return refusal(path, NO_NAME.what, NO_NAME.expected)
  if (kind !== 'directory' && (mode & SET_ID_BITS) !== 0) return refusal(path, 'is setuid or setgid', 'a mode without these bits: chmod ug-s')
  if (kind !== 'file' && size !== 0) return refusal(path, `is a ${kind} with content`, 'content in files only')
  switch (kind) {
    case 'file': case 'directory': return null
    case 'symlink': return checkSymlink(path, entry.linkpath ?? '', limits)
    case 'hardlink': return checkHardLink(path, entry.linkpath ?? '', limits)
    default: return kind satisfies never
  }
}

type Fault = { what: string; expected: string }
const NO_NAME: Fault = { what: 'has no name', expected: 'a name below the package’s root' }

function checkText(text: string, limits: PackageLimits): Fault | null {
  if (/\p{Cc}/u.test(text)) return { what: 'has a control character in a name', expected: 'names of printable characters' }
  if (text.includes('\ufffd')) return { what: 'has a name that is not UTF-8', expected: 'names in UTF-8' }
  if (/\\\.\.|\.\.\\/.test(text)) return { what: 'has ".." beside a backslash', expected: 'paths without ".."' }
  const longest = Math.max(0, ...text.split('/').map(component => Buffer.byteLength(component)))
  if (longest <= limits.maxNameBytes && Buffer.byteLength(text) <= limits.maxPathBytes) return null
  const expected = `names of at most ${limits.maxNameBytes} bytes, paths of at most ${limits.maxPathBytes}`
  return { what: 'has too long a name', expected }
}

function checkPath(path: string, limits: PackageLimits): Fault | null {
  const fault = checkText(path, limits)
  if (fault) return fault
  if (path === '') return NO_NAME
  if (isAbsolute(path)) return { what: 'has an absolute path', expected: 'paths relative to the package’s root' }
  if (componentsOf(path).includes('..')) return { what: 'climbs with ".."', expected: 'paths without ".."' }
  return null
}

/** The tar library strips a Windows root on every system, `c:` included, which would unpack the entry under another name. */
function isAbsolute(path: string): boolean {
  return win32.parse(path).root !== ''
}

/**
 * A target may climb only at its beginning. Then no chain of links leaves the tree, whatever order the entries come in: directories
 * that entries lie in are real (`tree.ts`), so the climb is what it says, and below it every link obeys this same rule.
 */
function checkSymlink(path: string, target: string, limits: PackageLimits): Problem | null {
  const fault = checkTarget(target, limits)
  if (fault) return refusal(path, fault.what, fault.expected)
  const steps = componentsOf(target)
  const descent = steps.findIndex(step => step !== '..')
  const climb = descent === -1 ? steps.length : descent
  if (steps.slice(climb).includes('..')) {
    return refusal(path, `is a link to ${quote(target)}, which climbs after it descends`, 'a target with its ".." at the beginning')
  }
  return climb >= componentsOf(path).length ? outside(path, target) : null
}

function checkHardLink(path: string, target: string, limits: PackageLimits): Problem | null {
  const fault = checkTarget(target, limits)
  if (fault) return refusal(path, fault.what, fault.expected)
  return componentsOf(target).includes('..') ? outside(path, target) : null
}

function outside(path: string, target: string): Problem {
  return refusal(path, `is a link to ${quote(target)}, which is outside of the package`, 'a target inside the package')
}

function checkTarget(target: string, limits: PackageLimits): Fault | null {
  if (target === '') return { what: 'is a link to nothing', expected: 'a target inside the package' }
  if (!isAbsolute(target)) return checkText(target, limits)
  return { what: `is a link to ${quote(target)}, which is absolute`, expected: 'a relative target inside the package' }
}
