/** The identity behind a certificate. Owns that a machine which was removed, or whose name another has by now, is nobody, however good its certificate is. */
import { problem } from '../../shared/errors.ts'
import type { MusterError } from '../../shared/errors.ts'
import type { Identities, Identity } from './ports/identities.ts'
import type { Holder } from './ports/keys.ts'

export type Shown = Pick<Holder, 'role' | 'host' | 'keyPin'>

/** @throws MusterError identity_unknown: the machine was removed, or another one has its name */
export async function knownMachine({ identities }: { identities: Pick<Identities, 'get'> }, { role, host, keyPin }: Shown): Promise<Identity> {
  const identity = await identities.get(role, host)
  if (identity === null) throw unknown(role, `${host} has no identity here: it was removed`)
  if (identity.keyPin !== keyPin) throw unknown(role, `${host} has joined anew with another key since, and the one that speaks now is no longer good`)
  return identity
}

function unknown(role: Shown['role'], message: string): MusterError {
  return problem('identity_unknown', message, { expected: `\`muster ${role} --join TOKEN\` with a new token, if it is to come back` })
}
