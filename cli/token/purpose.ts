/** What a token is for, in a few words. */
import type { TokenView } from '../../shared/api/token.ts'
import { counted } from '../../shared/counted.ts'

/** `ann may do everything`, `2 agents named web-* may join, with dc=fra`. */
export function purposeOf(token: TokenView): string {
  if (token.kind === 'api') return `${token.name} may ${token.role === 'admin' ? 'do everything' : 'look'}`
  const named = token.hosts === '*' ? '' : ` named ${token.hosts}`
  const labels = Object.entries(token.labels).map(([key, value]) => `${key}=${value}`).join(',')
  const bound = labels === '' ? '' : `, with ${labels}`
  const replacing = token.replace ? ', also in place of one that has joined' : ''
  return token.usesLeft === 0 ? 'used up' : `${counted(token.usesLeft, token.role)}${named} may join${bound}${replacing}`
}
