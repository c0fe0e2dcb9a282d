/**
 * package-lock.json works on every machine: it names no registry, so that each uses its own, and it has the packages of every system, not only those
 * of the one that it was written on (`npm ci` refuses a lock without them).
 */
import type { Finding, Tree } from './tree.ts'

const LOCK = 'package-lock.json'

type Locked = { resolved?: string; optionalDependencies?: Record<string, string> }

export function namesNoRegistry(tree: Tree): Finding[] {
  return Object.values(packagesOf(tree)).flatMap(({ resolved = '' }) => (/^https?:/.test(resolved) ? [`${LOCK}:1: ${resolved} names a registry`] : []))
}

export function lockComplete(tree: Tree): Finding[] {
  const packages = packagesOf(tree)
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) => {
    const missing = Object.keys(optionalDependencies).filter((name) => !foldersAbove(path).some((folder) => `${folder}node_modules/${name}` in packages))
    return missing.map((name) => `${LOCK}:1: has no ${name}, which ${path} may need on another system`)
  })
}

/** Where a package's dependencies may lie: inside it, beside it, or beside one that contains it. */
function foldersAbove(path: string): string[] {
  const parts = `${path}/`.split('node_modules/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('node_modules/'))
}

function packagesOf(tree: Tree): Record<string, Locked> {
  return (JSON.parse(tree.get(LOCK) ?? '{"packages":{}}') as { packages: Record<string, Locked> }).packages
}
