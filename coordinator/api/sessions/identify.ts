/**
 * Which machine a stream speaks for: the one that its certificate names, as long as that one's identity is there. Owns that a session never speaks
 * for another host, and that a machine which was removed does not speak at all.
 */
import { X509Certificate } from 'node:crypto'
import { NAME_PATTERN } from '../../../shared/ids.ts'
import type { Identities } from '../../engine/ports/identities.ts'
import type { Authority, Holder } from '../../engine/ports/keys.ts'
import type { AgentCall } from './stream.ts'
import { sessionRefused } from './status.ts'

/** Who may come in. */
export type Machines = { authority: Pick<Authority, 'holderOf'>; identities: Pick<Identities, 'get'> }

/** Whom the certificate names; whether that one is known here is another question. @throws MusterError session_refused */
export async function machineBehind(call: AgentCall, authority: Machines['authority']): Promise<Holder> {
  const shown = call.getAuthContext().sslPeerCertificate
  const holder = shown ? await authority.holderOf(new X509Certificate(shown.raw).toString()) : null
  if (holder === null) throw sessionRefused('the certificate names no machine of this coordinator', { expected: 'one from `muster agent --join TOKEN`' })
  return holder
}

/** @param claimed the host that the first frame names. @throws MusterError session_refused: the certificate is not that of its agent */
export function refuseOther(holder: Holder, claimed: string): void {
  if (!NAME_PATTERN.test(claimed)) {
    throw sessionRefused(`"${claimed.slice(0, 80)}" cannot name a host`, {
      field: 'host', expected: 'lower-case letters, digits, dots and dashes, at most 63',
    })
  }
  if (holder.role !== 'agent') throw sessionRefused(`the certificate is that of a ${holder.role}`, { expected: 'that of an agent' })
  if (holder.host !== claimed) {
    throw sessionRefused(`the certificate is for "${holder.host}", and the agent calls itself "${claimed}"`, { field: 'host', expected: holder.host })
  }
}
