/** How certificates name who holds them: one URI each, in the subject alternative name, so that nothing has to be parsed out of a subject. */
import type { HostName } from '../ids.ts'

/** What every coordinator's certificate is for, whatever addresses it has: whoever knows the authority asks for this name, also in TLS's SNI. */
export const COORDINATOR_NAME = 'coordinator.muster.internal'

/** What an enrolled machine is. */
export const MACHINE_ROLES = ['agent', 'relay'] as const
export type MachineRole = (typeof MACHINE_ROLES)[number]

/** What a signing certificate may sign: orders (commands and grants), or releases. */
export const SIGNER_PURPOSES = ['orders', 'releases'] as const
export type SignerPurpose = (typeof SIGNER_PURPOSES)[number]

const PREFIX = 'muster:'

export function machineUri(role: MachineRole, host: HostName): string {
  return `${PREFIX}${role}:${host}`
}

export function signerUri(purpose: SignerPurpose): string {
  return `${PREFIX}signer:${purpose}`
}

/** Null for a URI that names no machine. */
export function machineOf(uri: string): { role: MachineRole; host: HostName } | null {
  const role = MACHINE_ROLES.find((one) => uri.startsWith(`${PREFIX}${one}:`))
  return role === undefined ? null : { role, host: uri.slice(PREFIX.length + role.length + 1) }
}
