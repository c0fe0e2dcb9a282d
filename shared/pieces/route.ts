/** The paths of `shared/distribution/protocol.ts`, for those who ask and those who answer. */
import { DIGEST_PATTERN } from '../digest.ts'
import { MAX_PACKS, MAX_PAGES } from '../distribution/manifest.ts'

const PREFIX = '/v1/swarms/'
const MAX_PIECES = MAX_PACKS + MAX_PAGES

export type PieceRoute =
  | { kind: 'root' | 'any' | 'have' | 'announce'; root: string }
  | { kind: 'piece'; root: string; index: number }

const METHODS = { root: 'GET', piece: 'GET', any: 'GET', have: 'GET', announce: 'POST' } as const satisfies Record<PieceRoute['kind'], string>

export function methodOf({ kind }: PieceRoute): 'GET' | 'POST' {
  return METHODS[kind]
}

export function pathOf(route: PieceRoute): string {
  return `${PREFIX}${route.root}/${route.kind === 'piece' ? `pieces/${route.index}` : route.kind}`
}

/** Null: there is nothing of that method and path. */
export function pieceRoute(method: string | undefined, path: string | undefined): PieceRoute | null {
  if (!path?.startsWith(PREFIX)) return null
  const [root = '', what = '', number, ...rest] = path.slice(PREFIX.length).split('/')
  if (!DIGEST_PATTERN.test(root) || rest.length > 0) return null
  const route = routeOf(root, what, number)
  return route !== null && METHODS[route.kind] === method ? route : null
}

function routeOf(root: string, what: string, number: string | undefined): PieceRoute | null {
  if (what === 'pieces') {
    const index = /^\d{1,6}$/.test(number ?? '') ? Number(number) : MAX_PIECES
    return index < MAX_PIECES ? { kind: 'piece', root, index } : null
  }
  const isOther = what === 'root' || what === 'any' || what === 'have' || what === 'announce'
  return isOther && number === undefined ? { kind: what, root } : null
}
