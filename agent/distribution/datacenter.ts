/** In which datacenter this host is, as a coordinator says in the grants that it signs for it: what a host says of itself gets it no neighbours. */
import type { KeyObject } from 'node:crypto'
import { verifyGrant } from '../../shared/artifact-grant.ts'

/** @param latest the text of the grant that came last. Answers null before there was one. */
export function datacenterBy(latest: () => string | null, keys: (nowMs: number) => ReadonlyMap<string, KeyObject>): () => string | null {
  let known: { text: string; dc: string } | null = null
  return () => {
    const text = latest()
    if (text === null || text === known?.text) return known?.dc ?? null
    const grant = verifyGrant(text, keys(Date.now()), Date.now())
    if (grant) known = { text, dc: grant.dc }
    return known?.dc ?? null
  }
}
