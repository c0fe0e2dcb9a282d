/** Hosts as the HTTP API shows them. */
import { z } from 'zod'

export const hostViewSchema = z.object({
  host: z.string(),
  status: z.enum(['connected', 'silent', 'away']).describe('silent: a session, but no sign of life; away: no session'),
  labels: z.record(z.string(), z.string()),
  agentVersion: z.string(),
  facts: z.object({ os: z.string(), arch: z.string(), cpus: z.number(), memoryBytes: z.number(), bootId: z.string() }),
  load: z.object({ load1: z.number(), memoryFreeBytes: z.number(), diskFreeBytes: z.number(), runningCommands: z.number() }).nullable(),
  services: z.array(z.object({
    service: z.string(),
    version: z.string().nullable().describe('what it runs'),
    revision: z.string().nullable(),
    assigned: z.string().nullable().describe('the version that it should run; null: none'),
    assignedBy: z.string().nullable().describe('the rollout that decided it'),
  })),
  firstSeenAtMs: z.number(),
  seenAtMs: z.number(),
}).meta({ id: 'Host' })

export const hostsSchema = z.object({ hosts: z.array(hostViewSchema) }).meta({ id: 'Hosts' })

export type HostView = z.infer<typeof hostViewSchema>
