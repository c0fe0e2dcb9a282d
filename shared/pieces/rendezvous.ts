/**
 * Rendezvous hashing (Thaler and Ravishankar 1998): whoever knows the same names puts them into the same order for a key, and when one of them goes only
 * what was its own goes elsewhere. So several relays share a datacenter's pieces without knowing of each other.
 */
import { sha256 } from '../digest.ts'

/** The one to be asked first comes first. @param nameOf what all who choose call it alike: of a relay its URL @param key a piece's digest, a swarm's root */
export function inOrder<T>(candidates: readonly T[], nameOf: (candidate: T) => string, key: string): T[] {
  const weighed = candidates.map((candidate) => ({ candidate, weight: sha256(`${key} ${nameOf(candidate)}`) }))
  return weighed.sort((a, b) => (a.weight < b.weight ? 1 : -1)).map(({ candidate }) => candidate)
}
