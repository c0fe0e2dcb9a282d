/** Freeze windows as the HTTP API shows and takes them. */
import { z } from 'zod'
import { strict } from '../issue.ts'
import { duration } from '../strategy.ts'

/** A longer one would hide that nobody may deploy any more. */
export const MAX_FREEZE_MS = 31 * 24 * 3_600_000

export const freezeRequestSchema = strict({
  name: z.string().max(63),
  from: z.string().max(40).optional().describe('once: 2026-12-24 00:00'),
  to: z.string().max(40).optional(),
  cron: z.string().max(200).optional().describe('again and again, beginning at: 0 18 * * 5'),
  for: duration(MAX_FREEZE_MS, 60_000).optional().describe('… and lasting for so long'),
  tz: z.string().max(64).default('UTC').describe('time zone: Europe/Berlin'),
  services: z.string().max(500).optional().describe('globs over names of services, comma-separated; default: all'),
  hosts: z.string().max(4096).optional().describe('selector; default: all hosts'),
  reason: z.string().min(1).max(500),
}).meta({ id: 'FreezeRequest' })

export const freezeViewSchema = z.object({
  name: z.string(),
  window: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('once'), fromMs: z.number(), toMs: z.number() }),
    z.object({ kind: z.literal('recurring'), cron: z.string(), tz: z.string(), forMs: z.number() }),
  ]),
  openUntilMs: z.number().nullable().describe('null: not open now'),
  nextAtMs: z.number().nullable().describe('when it opens next'),
  services: z.string().nullable(),
  hosts: z.string().nullable(),
  reason: z.string(),
  by: z.string(),
  createdAtMs: z.number(),
}).meta({ id: 'Freeze' })

export const freezesSchema = z.object({ freezes: z.array(freezeViewSchema), next: z.string().nullable() }).meta({ id: 'Freezes' })

export type FreezeRequest = z.input<typeof freezeRequestSchema>
export type FreezeView = z.infer<typeof freezeViewSchema>
export type FreezesView = z.infer<typeof freezesSchema>
