/** How certificates name who holds them: one URI each, in the subject alternative name, so that nothing has to be parsed out of a subject. */
import type { HostName } from '../ids.ts'

/** What every coordinator's certificate is for, whatever addresses it has: whoever knows the authority asks for this name, also in TLS's SNI. */
export const COORDINATOR_NAME = 'coordinator.muster.internal'

/** What an enrolled machine is. */
export const MACHINE_ROLES = ['agent', 'relay'] as const
export type MachineRole = (typeof MACHINE_ROLES)[number]
/** A relay's name is not a host's, also where both are spelled alike. */
export type Machine = { role: MachineRole; host: HostName }

/** What a signing certificate may sign: orders (commands and grants), or releases. */
export const SIGNER_PURPOSES = ['orders', 'releases'] as const
export type SignerPurpose = (typeof SIGNER_PURPOSES)[number]

const PREFIX = 'muster:'
const URI_NAME = 'URI:'

export function machineUri(role: MachineRole, host: HostName): string {
  return `${PREFIX}${role}:${host}`
}

export function signerUri(purpose: SignerPurpose): string {
  return `${PREFIX}signer:${purpose}`
}

/** Null for a URI that names no machine. */
export function machineOf(uri: string): Machine | null {
  const role = MACHINE_ROLES.find((one) => uri.startsWith(`${PREFIX}${one}:`))
  return role === undefined ? null : { role, host: uri.slice(PREFIX.length + role.length + 1) }
}

/** @param names the subject alternative names of a certificate, as Node writes them; null: not those of one machine and nothing else */
export function machineIn(names: string | undefined): Machine | null {
  const [uri = '', ...others] = (names ?? '').split(', ')
  return others.length === 0 && uri.startsWith(URI_NAME) ? machineOf(uri.slice(URI_NAME.length)) : null
}
