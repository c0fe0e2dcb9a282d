/** Whether who fetches an artifact has leave to: a grant for just that artifact, of a machine that may still be here. */
import type { FastifyRequest } from 'fastify'
import { problem } from '../../../shared/errors.ts'
import type { MusterError } from '../../../shared/errors.ts'
import { principalOf } from './actor.ts'
import type { HttpDeps } from './deps.ts'

const GRANT = /^Grant +(\S+)$/i

/** Resolves for whomever the door knows; everybody else needs a grant, whatever their headers look like. @throws MusterError forbidden */
export async function refuseUngranted(request: FastifyRequest, digest: string, { identities, ports }: HttpDeps): Promise<void> {
  if (principalOf(request) !== null) return
  const [, text = ''] = GRANT.exec(request.headers.authorization ?? '') ?? []
  const grant = ports.signer.openGrant(text, ports.clock())
  if (grant === null) throw notGranted('the grant has expired, or no coordinator has given it')
  if (grant.digest !== digest) throw notGranted('the grant is for another artifact')
  const isGone = await identities.get('agent', grant.host) === null
  if (isGone) throw notGranted(`${grant.host} has no identity here any more, and its grants are no longer good`)
}

function notGranted(message: string): MusterError {
  const expected = 'Grant <grant>, which an agent gets in its session for the packages of its commands'
  return problem('forbidden', message, { field: 'Authorization', expected })
}
