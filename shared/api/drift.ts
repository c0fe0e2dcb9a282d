/** Drift as the HTTP API shows it: hosts that are not as they should be. */
import { z } from 'zod'

export const driftGroupSchema = z.object({
  kind: z.enum(['other', 'missing', 'surplus', 'behind', 'files', 'process', 'link'])
    .describe('other: another revision; missing: not installed; surplus: installed, and assigned nothing; '
      + 'behind: as it was assigned, and the service says something else; the rest is what the hosts found'),
  message: z.string().describe('in the words of one of them'),
  count: z.number(),
  hosts: z.array(z.string()).describe('the first 1000 of them'),
  sinceMs: z.number().nullable().describe('the first of them; null: not known'),
}).meta({ id: 'DriftGroup' })

export const serviceDriftSchema = z.object({
  service: z.string(),
  policy: z.enum(['report', 'converge']).describe('what is done about it'),
  well: z.number().describe('hosts that are as they should be'),
  drifted: z.number().describe('hosts that are not; one may be in several groups'),
  groups: z.array(driftGroupSchema).describe('the commonest first'),
  deploying: z.array(z.object({ rollout: z.string(), hosts: z.array(z.string()) })).describe('not as they should be yet: a rollout is at work on them'),
  leftAlone: z.array(z.object({ host: z.string(), why: z.string() })).describe('of those that have drifted: nobody tries to take them back any more'),
  away: z.object({ hosts: z.array(z.string()), sinceMs: z.number() }).nullable().describe('nobody knows how they are; since: the longest'),
}).meta({ id: 'ServiceDrift' })

export const driftViewSchema = z.object({ services: z.array(serviceDriftSchema) }).meta({ id: 'Drift' })

export const inspectedSchema = z.object({
  inspected: z.number().describe('hosts that have looked, and said what they found'),
  silent: z.array(z.string()).describe('hosts that did not answer in time'),
  next: z.string().nullable().describe('give it as cursor to go on'),
}).meta({ id: 'Inspection' })

export type DriftGroupView = z.infer<typeof driftGroupSchema>
export type ServiceDriftView = z.infer<typeof serviceDriftSchema>
export type DriftView = z.infer<typeof driftViewSchema>
export type InspectedView = z.infer<typeof inspectedSchema>
