/** Relays as the HTTP API shows them. */
import { z } from 'zod'
import { identitySchema } from './host.ts'

export const RELAY_STATUSES = ['up', 'silent'] as const

export const relayViewSchema = z.object({
  relay: z.string(),
  status: z.enum(RELAY_STATUSES).describe('silent: nothing has been heard of it for 30 s, and hosts are told of others'),
  dc: z.string().describe('the datacenter whose hosts are told of it; empty: those without one'),
  url: z.string().nullable().describe('where hosts reach it; null: it has never been heard'),
  version: z.string().nullable(),
  upstream: z.string().nullable().describe('the relay that it fetches from; null: from coordinators'),
  figures: z.object({
    cachedBytes: z.number(),
    cacheMaxBytes: z.number(),
    sentBytes: z.number().describe('to hosts and other relays, since it was started'),
    fetchedBytes: z.number().describe('from where it fetches, since it was started'),
    swarms: z.number(),
    hosts: z.number().describe('in its swarms just now'),
  }).nullable(),
  seenAtMs: z.number().nullable(),
  identity: identitySchema,
}).meta({ id: 'Relay' })

export const relaysSchema = z.object({
  relays: z.array(relayViewSchema),
  coordinators: z.array(z.object({ name: z.string(), url: z.string(), seenAtMs: z.number() })).describe('piece ports of coordinators, where relays fetch'),
  next: z.string().nullable(),
}).meta({ id: 'Relays' })

export const removedRelaySchema = z.object({ relay: z.string(), removed: z.literal(true) }).meta({ id: 'RemovedRelay' })

export type RelayView = z.infer<typeof relayViewSchema>
export type RelaysView = z.infer<typeof relaysSchema>
export type RemovedRelayView = z.infer<typeof removedRelaySchema>
