/**
 * Gives a machine that has an identity a new certificate for the same key. The request is signed by that key, which alone is the proof that it is the
 * machine: the certificate that it had only says which one, and may be of an authority that was retired since, or have expired while it was away, up
 * to RENEWAL_GRACE_MS ago.
 */
import type { EnrolledView } from '../../shared/api/identity.ts'
import { problem } from '../../shared/errors.ts'
import type { MusterError } from '../../shared/errors.ts'
import type { MachineRole } from '../../shared/identity/names.ts'
import { utc } from '../../shared/utc.ts'
import { enrolled } from './enrol.ts'
import type { Enrolling } from './enrol.ts'

/** How long a machine may have been away and still come back by itself. */
export const RENEWAL_GRACE_MS = 30 * 24 * 3_600_000

type Renewing = Pick<Enrolling, 'authority' | 'identities' | 'grpc' | 'pieces' | 'clock' | 'log'>

/** @throws MusterError identity_unknown, csr_invalid */
export async function renew(deps: Renewing, asked: { certificate: string; request: string }): Promise<EnrolledView> {
  const { authority, identities, clock, log } = deps
  const now = clock()
  const claim = authority.claimOf(asked.certificate)
  if (claim === null) throw unknown('agent', 'the certificate is none of a machine')
  const { role, host, keyPin } = claim
  const identity = await identities.get(role, host)
  if (identity === null) throw unknown(role, `${host} has no identity here: it was removed`)
  if (identity.keyPin !== keyPin) throw unknown(role, `the key of ${host} is another one: it has joined anew since`)
  const { expiresAtMs } = identity.certificate
  if (now - expiresAtMs > RENEWAL_GRACE_MS) throw unknown(role, `the certificate of ${host} expired at ${utc(expiresAtMs)}, which is too long ago`)
  const { certificate, keyPin: requested, ...rest } = await authority.issue(asked.request, { role, host }, now)
  if (requested !== keyPin) throw unknown(role, 'the request is for another key than the certificate')
  if (!await identities.renewed({ ...identity, certificate: rest })) throw unknown(role, `${host} was removed at this moment`)
  log.debug({ host, role }, 'renewed')
  return enrolled(deps, { certificate })
}

function unknown(role: MachineRole, message: string): MusterError {
  return problem('identity_unknown', message, { expected: `\`muster ${role} --join TOKEN\` with a new token, if it is to come back` })
}
