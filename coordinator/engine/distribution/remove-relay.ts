/**
 * Takes a relay out for good. Owns that coordinators give it nothing and tell nobody of it from that moment on; grants that hosts have shown it are good
 * elsewhere for as long as they are, GRANT_VALID_MS at most.
 */
import { problem } from '../../../shared/errors.ts'
import type { Relays } from '../ports/relays.ts'
import { revoke } from '../revoke.ts'
import type { RevokingPorts } from '../revoke.ts'

type RemovingPorts = RevokingPorts & { relays: Pick<Relays, 'forget'>; clock: () => number }

/** @throws MusterError relay_unknown */
export async function removeRelay(ports: RemovingPorts, name: string, { by, reason }: { by: string; reason: string | null }): Promise<void> {
  const hadIdentity = await revoke(ports, name, { role: 'relay', mark: { atMs: ports.clock(), by, reason } })
  const wasHeard = await ports.relays.forget(name)
  if (hadIdentity || wasHeard) return
  throw problem('relay_unknown', `there is no relay ${name}`, { field: 'relay', expected: 'a name that `muster relay list` shows' })
}
