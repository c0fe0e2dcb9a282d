/** What a watcher of a rollout is told: one change per entry, in order, as Server-Sent Events whose ids resume. */
import { z } from 'zod'
import { taskStateSchema, phaseSchema, directionSchema, stepSchema, gateSchema, holdSchema } from './rollout.ts'

export const rolloutChangeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('rollout'),
    atMs: z.number(),
    phase: phaseSchema,
    direction: directionSchema,
    wave: z.number().describe('index of the last wave that has begun'),
    waves: z.number(),
    gate: gateSchema.nullable(),
    hold: holdSchema.nullable(),
    why: z.string().describe('why it stands where it stands'),
    /** The control that caused it, if one did. */
    cause: z.object({ control: z.string(), by: z.string(), reason: z.string().nullable(), host: z.string().nullable() }).nullable(),
  }),
  z.object({
    kind: z.literal('task'),
    atMs: z.number(),
    host: z.string(),
    wave: z.number(),
    direction: directionSchema,
    state: taskStateSchema,
    parked: z.enum(['backoff', 'away']).nullable(),
    step: stepSchema.nullable(),
    attempt: z.number(),
    message: z.string().nullable().describe('why it failed'),
  }),
]).meta({ id: 'RolloutChange' })

export type RolloutChange = z.infer<typeof rolloutChangeSchema>
