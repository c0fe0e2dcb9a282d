/** What went wrong in a rollout, as the HTTP API shows it. */
import { z } from 'zod'

export const failureGroupSchema = z
  .object({
    kind: z.enum(['failed', 'unreachable']),
    reason: z.string().describe('in the words of one of them'),
    count: z.number(),
    hosts: z.array(z.string()).describe('the first 1000 of them'),
    sinceMs: z.number().describe('the first of them'),
    untilMs: z.number().describe('the last of them'),
    back: z.number().describe('of unreachable ones: how many are connected again'),
    example: z.object({ host: z.string(), lastLine: z.string() }).nullable().describe('the last words of one of them'),
  })
  .meta({ id: 'FailureGroup' })

export const failuresViewSchema = z
  .object({
    hosts: z.number().describe('failed, timed out or unreachable'),
    groups: z.array(failureGroupSchema).describe('the commonest first'),
    others: z.number().describe('hosts with yet other troubles'),
  })
  .meta({ id: 'Failures' })

export type FailureGroupView = z.infer<typeof failureGroupSchema>
export type FailuresView = z.infer<typeof failuresViewSchema>
