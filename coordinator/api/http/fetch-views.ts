/** How far hosts are with what they fetch, and which of them have done so ahead of their turn. */
import type { FetchTotalView, FetchView, WarmingView } from '../../../shared/api/fetch.ts'
import type { Fetch, FetchTotal } from '../../engine/ports/fetches.ts'
import type { Rollout } from '../../rollout/state.ts'

export function fetchView(fetch: Fetch): FetchView {
  return { ...fetch, leftMs: leftMs(fetch) }
}

export function fetchTotalView({ peers, relay, origin, reused, ...total }: FetchTotal): FetchTotalView {
  return { ...total, leftMs: leftMs(total), fromPeersBytes: peers, fromRelayBytes: relay, fromOriginBytes: origin, reusedBytes: reused }
}

export function warmingView({ warming, queues }: Rollout): WarmingView | null {
  if (warming === null) return null
  const [cold, atIt] = [queues['cold-forward'], queues['warming-forward']]
  const { state, untilMs, warm, missed } = warming
  // Whoever was never asked has missed it, once it is over.
  return state === 'open' ? { state, cold, warming: atIt, warm, missed, untilMs } : { state, cold: 0, warming: atIt, warm, missed: missed + cold, untilMs }
}

function leftMs({ bytesDone, bytesTotal, bytesPerSecond }: Pick<Fetch, 'bytesDone' | 'bytesTotal' | 'bytesPerSecond'>): number | null {
  return bytesDone >= bytesTotal || bytesPerSecond <= 0 ? null : Math.round((bytesTotal - bytesDone) * 1000 / bytesPerSecond)
}
