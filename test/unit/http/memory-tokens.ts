/** Tokens that are kept nowhere: who may ask is under test here, and not where that is written. */
import type { Token, Tokens } from '../../../coordinator/engine/ports/tokens.ts'

export function memoryTokens(): Tokens & { finds: number } {
  const kept = new Map<string, { token: Token; secretHash: string }>()
  return {
    finds: 0,
    async add(token, secretHash) {
      kept.set(token.id, { token, secretHash })
    },
    async find(id, secretHash) {
      this.finds += 1
      const found = kept.get(id)
      return found?.secretHash === secretHash ? found.token : null
    },
    all: async () => [...kept.values()].map(({ token }) => token),
    spend: () => Promise.reject(new Error('no join tokens here')),
    used(id, nowMs) {
      const found = kept.get(id)
      if (found !== undefined) found.token = { ...found.token, lastUsedAtMs: nowMs }
    },
    remove: async (id) => kept.delete(id),
  }
}
