/** How far hosts are with what they fetch, as the HTTP API shows it. */
import { z } from 'zod'

const leftMs = z.number().nullable().describe('at this rate; null: nobody can say, or it is done')

export const fetchViewSchema = z
  .object({
    bytesDone: z.number(),
    bytesTotal: z.number(),
    bytesPerSecond: z.number().describe('at the moment'),
    leftMs,
    fromPeersBytes: z.number().describe('from other hosts of its datacenter, as they travelled'),
    fromRelayBytes: z.number(),
    fromOriginBytes: z.number().describe('from a coordinator'),
    reusedBytes: z.number().describe('were there already'),
    delta: z.boolean().describe('only the difference to a release that is there is fetched'),
  })
  .meta({ id: 'Fetch' })

export const fetchTotalSchema = z
  .object({
    hosts: z.number().describe('that have fetched anything, or are at it'),
    deltas: z.number().describe('of these, those that fetch only the difference to a release that is there'),
    bytesDone: z.number().describe('of the latest fetch of each of these hosts'),
    bytesTotal: z.number(),
    bytesPerSecond: z.number().describe('all hosts together, over the last seconds'),
    leftMs,
    fromPeersBytes: z.number().describe('as they travelled, in all fetches for this rollout'),
    fromRelayBytes: z.number(),
    fromOriginBytes: z.number(),
    reusedBytes: z.number(),
  })
  .meta({ id: 'FetchTotal' })

export const WARM_STATES = ['cold', 'warming', 'warm', 'missed'] as const
export const warmSchema = z.enum(WARM_STATES).meta({ id: 'Warm' })

export const warmingSchema = z
  .object({
    state: z.enum(['open', 'over']).describe('open: the first wave waits for it'),
    cold: z.number().describe('hosts that are still to be asked to fetch ahead'),
    warming: z.number().describe('hosts that are at it'),
    warm: z.number().describe('hosts that have'),
    missed: z.number().describe('hosts that have not: they fetch in their turn'),
    untilMs: z.number().nullable().describe('so long the first wave waits; null: it does not, or the rollout is held'),
  })
  .meta({ id: 'Warming' })

export type FetchView = z.infer<typeof fetchViewSchema>
export type FetchTotalView = z.infer<typeof fetchTotalSchema>
export type WarmingView = z.infer<typeof warmingSchema>
