/**
 * Who may import whom. A file belongs to the longest area that its path starts with; what is not listed (demo, scripts, test) may
 * import everything and is imported by nobody else.
 */
import { modulesOf } from './modules.ts'
import type { Finding, Tree } from './tree.ts'

const WIRE = ['shared/', 'proto/']

const MAY_IMPORT: Record<string, readonly string[]> = {
  'proto/': ['proto/'],
  'shared/': WIRE,
  'coordinator/rollout/': ['shared/', 'coordinator/rollout/'],
  'coordinator/engine/': ['shared/', 'coordinator/rollout/', 'coordinator/engine/'],
  'coordinator/adapters/': [...WIRE, 'coordinator/rollout/', 'coordinator/engine/', 'coordinator/adapters/'],
  'coordinator/api/': [...WIRE, 'coordinator/rollout/', 'coordinator/engine/', 'coordinator/api/'],
  'coordinator/ca/': ['shared/', 'coordinator/adapters/keys/', 'coordinator/ca/'],
  'coordinator/main.ts': ['shared/', 'coordinator/'],
  'coordinator/coordinator.ts': ['shared/', 'coordinator/'],
  'coordinator/pieces.ts': ['shared/', 'coordinator/', 'relay/'],
  'coordinator/redis.ts': ['shared/', 'coordinator/'],
  'coordinator/tls.ts': ['shared/', 'coordinator/'],
  'coordinator/': ['shared/'],
  'agent/deploy/': ['shared/', 'agent/deploy/'],
  'agent/': [...WIRE, 'agent/'],
  'relay/': [...WIRE, 'relay/'],
  'cli/': ['shared/', 'cli/'],
  'console/': ['shared/', 'console/'],
}
const AREAS = Object.keys(MAY_IMPORT).sort((a, b) => b.length - a.length)

export function importDirections(tree: Tree): Finding[] {
  return modulesOf(tree).flatMap(({ path, imports }) => {
    const area = AREAS.find((prefix) => path.startsWith(prefix))
    if (area === undefined) return []
    const allowed = MAY_IMPORT[area] ?? []
    return imports
      .filter(({ target, relative }) => relative && !allowed.some((prefix) => target.startsWith(prefix)))
      .map(({ target, line }) => `${path}:${line}: ${area} must not import ${target}; it may import ${allowed.join(' ')}`)
  })
}
