/**
 * Takes in what a relay reports of itself, and tells it whom to trust and whom to ask. Owns that hosts are told of no relay but such as have an identity,
 * and where its join token says in which datacenter it is, of none elsewhere.
 */
import { problem } from '../../../shared/errors.ts'
import type { RelayReport, RelayReportAnswer } from '../../../shared/distribution/relay-report.ts'
import type { Trust } from '../../../shared/message.ts'
import { knownMachine } from '../known-machine.ts'
import type { Shown } from '../known-machine.ts'
import type { Identities } from '../ports/identities.ts'
import { MAX_RELAYS } from '../ports/relays.ts'
import type { Relays } from '../ports/relays.ts'
import { datacenterOf } from './sources.ts'
import type { Sources } from './sources.ts'

export type HearingPorts = {
  identities: Pick<Identities, 'get'>
  relays: Pick<Relays, 'hear'>
  sources: Pick<Sources, 'of' | 'upstreamsOf'>
  trust: () => Trust
  clock: () => number
}

/** @param shown the certificate that it came with. @throws MusterError forbidden, identity_unknown, too_many_requests, unavailable */
export async function hearRelay(ports: HearingPorts, shown: Shown, report: RelayReport): Promise<RelayReportAnswer> {
  const { identities, relays, sources, trust, clock } = ports
  if (shown.role !== 'relay') throw problem('forbidden', `${shown.host} is no relay`, { expected: 'the certificate of a relay' })
  const { host: name, labels } = await knownMachine({ identities }, shown)
  const dc = datacenterOf({ dc: report.dc, ...labels })
  const isRemembered = await relays.hear({ name, dc, report, seenAtMs: clock() })
  if (!isRemembered) throw problem('too_many_requests', `there are ${MAX_RELAYS} relays already`, { expected: 'that one is removed: `muster relay list`' })
  const { authorities, signers } = trust()
  const [near, upstreams] = await Promise.all([sources.of(dc), sources.upstreamsOf(name, report.upstream)])
  const siblings = near.filter(({ kind }) => kind === 'relay').map(({ url }) => url)
  return { authorities: authorities.map(inBase64), signers: signers.map(inBase64), upstreams, siblings }
}

function inBase64(der: Uint8Array): string {
  return Buffer.from(der).toString('base64')
}
