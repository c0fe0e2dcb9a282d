/** Relays as people see them: every one that has joined, with what it has reported last. */
import type { RelayView } from '../../../shared/api/relay.ts'
import { datacenterOf } from '../../engine/distribution/sources.ts'
import type { Identities, Identity } from '../../engine/ports/identities.ts'
import { SOURCE_SILENT_AFTER_MS } from '../../engine/ports/relays.ts'
import type { RelayRecord, Relays } from '../../engine/ports/relays.ts'
import { byName, identityView } from './host-views.ts'

type Known = { identities: Pick<Identities, 'all'>; relays: Pick<Relays, 'all'> }

/** By name. */
export async function relayViews({ identities, relays }: Known, now: number): Promise<RelayView[]> {
  const [machines, heard] = await Promise.all([identities.all(), relays.all()])
  const reports = new Map(heard.map((relay) => [relay.name, relay]))
  return machines.filter(({ role }) => role === 'relay').toSorted(byName).map((identity) => relayView(identity, reports.get(identity.host), now))
}

function relayView(identity: Identity, heard: RelayRecord | undefined, now: number): RelayView {
  const { url, version, upstream, figures } = heard?.report ?? { url: null, version: null, upstream: null, figures: null }
  const seenAtMs = heard?.seenAtMs ?? null
  return {
    relay: identity.host,
    status: seenAtMs !== null && now - seenAtMs < SOURCE_SILENT_AFTER_MS ? 'up' : 'silent',
    dc: heard?.dc ?? datacenterOf(identity.labels),
    url, version, upstream, figures, seenAtMs,
    identity: identityView(identity, now),
  }
}
