/** Whom the HTTP API takes a token's holder for. */
import { z } from 'zod'
import { API_ROLES } from '../identity/roles.ts'

export const whoamiSchema = z.object({
  name: z.string().describe('who acts with this token; the record of changes says so'),
  role: z.enum(API_ROLES).describe('viewer: may look; admin: may do anything'),
  expiresAtMs: z.number().nullable().describe('null: it does not expire'),
  version: z.string().describe('of the coordinator'),
}).meta({ id: 'Whoami' })

export type WhoamiView = z.output<typeof whoamiSchema>
