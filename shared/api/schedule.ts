/** Schedules as the HTTP API shows and takes them. */
import { z } from 'zod'
import { strict } from '../issue.ts'

const tz = z.string().max(64).default('UTC').describe('time zone: Europe/Berlin')

export const scheduleRequestSchema = strict({
  name: z.string().max(63).optional().describe('default, of one with at: made from the service and the time'),
  service: z.string(),
  release: z.string().describe('a version, or latest: whichever that is when it falls due'),
  hosts: z.string().optional().describe('selector; narrows the hosts that the service belongs on'),
  strategy: z.record(z.string(), z.unknown()).optional(),
  reason: z.string().max(500).optional(),
  at: z.string().max(40).optional().describe('once: 2026-12-01 02:00'),
  cron: z.string().max(200).optional().describe('again and again: 0 2 * * 1-5'),
  tz,
}).meta({ id: 'ScheduleRequest' })

export const scheduleViewSchema = z.object({
  name: z.string(),
  service: z.string(),
  release: z.string(),
  hosts: z.string().nullable(),
  strategy: z.record(z.string(), z.unknown()),
  reason: z.string().nullable(),
  by: z.string(),
  createdAtMs: z.number(),
  when: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('once'), atMs: z.number(), tz: z.string() }),
    z.object({ kind: z.literal('recurring'), cron: z.string(), tz: z.string() }),
  ]),
  pausedBy: z.string().nullable(),
  nextAtMs: z.number().nullable().describe('null: never again, or not while it is paused'),
  firings: z.array(z.object({
    dueAtMs: z.number(),
    atMs: z.number(),
    outcome: z.enum(['begun', 'started', 'refused', 'missed']).describe('missed: nobody was there in time'),
    rollout: z.string().nullable(),
    message: z.string().nullable(),
  })).describe('what became of its last instants, the latest first'),
}).meta({ id: 'Schedule' })

export const schedulesSchema = z.object({ schedules: z.array(scheduleViewSchema), next: z.string().nullable() }).meta({ id: 'Schedules' })

export type ScheduleRequest = z.input<typeof scheduleRequestSchema>
export type ScheduleView = z.infer<typeof scheduleViewSchema>
export type SchedulesView = z.infer<typeof schedulesSchema>
