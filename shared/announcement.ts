/** What Muster tells the outside about rollouts, in the form of Standard Webhooks (type, timestamp, data). A receiver may get one twice, with the same id. */
import { z } from 'zod'
import { PHASES } from './states.ts'

export const ANNOUNCED = ['rollout.started', 'rollout.held', 'rollout.gate', 'rollout.waits', 'rollout.rolling-back', 'rollout.ended'] as const
export type AnnouncedType = (typeof ANNOUNCED)[number]
/** Somebody tries whether a webhook arrives. */
export const TEST_TYPE = 'webhook.test'

export const announcementSchema = z
  .object({
    type: z.enum([...ANNOUNCED, TEST_TYPE]),
    timestamp: z.iso.datetime().describe('when it happened'),
    data: z.object({
      rollout: z.string().nullable(),
      service: z.string().nullable(),
      release: z.string().nullable(),
      phase: z.enum(PHASES).nullable(),
      why: z.string().describe('why it stands where it stands'),
    }),
  })
  .meta({ id: 'Announcement' })

export type Announcement = z.infer<typeof announcementSchema>
