/**
 * Takes a machine's identity away, and ends its session. Owns the order: the identity goes first, so that a session which begins meanwhile finds it gone.
 * Doing it again does the same again.
 */
import type { MachineRole } from '../../shared/identity/names.ts'
import type { HostName } from '../../shared/ids.ts'
import type { Hosts, Revoked } from './ports/hosts.ts'
import type { Identities } from './ports/identities.ts'

export type RevokingPorts = { identities: Pick<Identities, 'remove'>; hosts: Pick<Hosts, 'cutOff'> }

/**
 * From now on no certificate of that name is good.
 * @param mark shown of the host until it has another session
 * @returns whether there was an identity
 */
export async function revoke({ identities, hosts }: RevokingPorts, host: HostName, { role, mark }: { role: MachineRole; mark: Revoked }): Promise<boolean> {
  const wasThere = await identities.remove(role, host)
  if (role === 'agent') await hosts.cutOff(host, mark)
  return wasThere
}
