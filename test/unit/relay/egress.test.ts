/** Who goes out at once: few of what is large, so that hosts have it from each other; nobody waits long for what is little. */
import { expect, test } from 'vitest'
import { Egress } from '../../../relay/egress.ts'
import type { ArtifactGrant } from '../../../shared/artifact-grant.ts'
import type { Peer } from '../../../shared/pieces/tls.ts'
import { RELAY_LIMITS } from '../../../shared/swarm/upload.ts'

const host = (n: number): Peer => ({ role: 'agent', host: `h${n}`, keyPin: 'sha256:pin', expiresAtMs: Infinity } as unknown as Peer)
const grant = { dc: 'fra' } as ArtifactGrant

function admitted(isLittle: boolean): number {
  const egress = new Egress(Infinity)
  return Array.from({ length: 40 }, (_, n) => egress.admit(host(n), grant, 'root', isLittle, () => undefined)).filter((way) => typeof way !== 'number').length
}

test('of forty hosts a few are let in for large pieces, and all of them for little ones', () => {
  expect(admitted(false)).toBe(RELAY_LIMITS.slots + RELAY_LIMITS.line)
  expect(admitted(true)).toBe(40)
})
