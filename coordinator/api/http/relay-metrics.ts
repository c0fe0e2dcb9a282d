/**
 * Relays in `/metrics`: how many are heard, and what each has reported. Relays are few and are named by administrators, so here alone a machine's name is a
 * label; of more than MAX_RELAYS_MEASURED only the first by name are told.
 */
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { RELAY_STATUSES } from '../../../shared/api/relay.ts'
import type { RelayView } from '../../../shared/api/relay.ts'

export const MAX_RELAYS_MEASURED = 50

/** @returns what sets them anew; null: nothing is known */
export function relayGauges(registers: Registry[]): (relays: readonly RelayView[] | null) => void {
  const count = new Gauge({ name: 'muster_relays', help: 'Relays that have joined, by whether they are heard.', labelNames: ['status'], registers })
  const of = (name: string, help: string) => new Gauge({ name, help, labelNames: ['relay'], registers })
  const cached = of('muster_relays_cache_bytes', 'Bytes of pieces that a relay keeps, as it has reported.')
  const sent = of('muster_relays_sent_bytes', 'Bytes of pieces that a relay has sent to hosts and other relays since it was started.')
  const fetched = of('muster_relays_fetched_bytes', 'Bytes of pieces that a relay has fetched since it was started.')
  const hosts = of('muster_relays_hosts', 'Hosts that are in the swarms of a relay.')
  return (relays) => {
    for (const gauge of [count, cached, sent, fetched, hosts]) gauge.reset()
    if (relays === null) return
    for (const status of RELAY_STATUSES) count.set({ status }, relays.filter((relay) => relay.status === status).length)
    for (const { relay, figures } of relays.filter(({ status }) => status === 'up').slice(0, MAX_RELAYS_MEASURED)) {
      if (figures === null) continue
      cached.set({ relay }, figures.cachedBytes)
      sent.set({ relay }, figures.sentBytes)
      fetched.set({ relay }, figures.fetchedBytes)
      hosts.set({ relay }, figures.hosts)
    }
  }
}
