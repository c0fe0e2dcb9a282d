/** Tokens as the HTTP API takes and shows them. Which fields go with which role is said here once: people and pipelines have a name, machines join. */
import { z } from 'zod'
import { MACHINE_ROLES } from '../identity/names.ts'
import type { MachineRole } from '../identity/names.ts'
import { API_ROLES } from '../identity/roles.ts'
import { LABEL_KEY_PATTERN, LABEL_VALUE_PATTERN } from '../ids.ts'
import { keysAre, strict } from '../issue.ts'
import { duration } from '../strategy.ts'

const HOUR_MS = 3_600_000
export const MIN_TOKEN_TTL_MS = 60_000
export const MAX_API_TTL_MS = 365 * 24 * HOUR_MS
export const DEFAULT_API_TTL_MS = 90 * 24 * HOUR_MS
export const MAX_JOIN_TTL_MS = 30 * 24 * HOUR_MS
export const DEFAULT_JOIN_TTL_MS = HOUR_MS
export const MAX_USES = 10_000
export const MAX_BOUND_LABELS = 64

/** They are others' names: the system's own, and that of the key directory's token. */
const TAKEN_NAMES: readonly string[] = ['muster', 'admin', 'anonymous']
const TOKEN_NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,62}$/
const HOSTS_GLOB = /^[a-z0-9*?][a-z0-9.*?-]{0,62}$/

export const TOKEN_ROLES = [...API_ROLES, ...MACHINE_ROLES] as const
export type TokenRole = (typeof TOKEN_ROLES)[number]

const OF_JOIN_TOKENS = ['labels', 'uses', 'hosts', 'replace'] as const

const labels = z
  .record(
    z.string().regex(LABEL_KEY_PATTERN),
    z.string().regex(LABEL_VALUE_PATTERN, 'expected letters, digits and . _ : -, at most 63'),
    keysAre('a name such as dc'),
  )
  .refine((all) => Object.keys(all).length <= MAX_BOUND_LABELS, `expected at most ${MAX_BOUND_LABELS} labels`)

export const tokenRequestSchema = strict({
  role: z.enum(TOKEN_ROLES).describe('viewer, admin: for the API; agent, relay: for a machine that is to join'),
  name: z.string().regex(TOKEN_NAME, 'expected letters, digits and . _ @ + -, at most 63, such as ann or gitlab').optional()
    .describe('of an API token: who acts with it'),
  ttl: duration(MAX_API_TTL_MS, MIN_TOKEN_TTL_MS).optional().describe('default: 90d for the API, at most 365d; 1h for joining, at most 30d'),
  labels: labels.optional().describe('for joining: what the machine is bound to, whatever it says of itself'),
  uses: z.number().int().min(1).max(MAX_USES).optional().describe('for joining: how many machines; default: 1'),
  hosts: z.string().regex(HOSTS_GLOB, 'expected the name of a host or a glob, such as web-*').optional()
    .describe('for joining: names that it admits; default: *'),
  replace: z.boolean().optional().describe('for joining: also under a name that a machine has, whose identity then ends'),
}).superRefine((asked, context) => {
  const refuse = (field: keyof typeof asked, message: string) => context.addIssue({ code: 'custom', path: [field], message })
  if (!isMachineRole(asked.role)) {
    if (asked.name === undefined) refuse('name', `missing; expected who acts with this token, because it is for the role ${asked.role}`)
    if (asked.name !== undefined && TAKEN_NAMES.includes(asked.name)) refuse('name', `expected another name: "${asked.name}" is taken`)
    const odd = OF_JOIN_TOKENS.find((field) => asked[field] !== undefined)
    if (odd !== undefined) refuse(odd, `expected none: it is for ${MACHINE_ROLES.join(' and ')} tokens`)
    return
  }
  if (asked.name !== undefined) refuse('name', `expected none: a machine that joins as ${asked.role} brings its own name; \`hosts\` says which it may have`)
  if (asked.ttl !== undefined && asked.ttl > MAX_JOIN_TTL_MS) refuse('ttl', `expected at most ${MAX_JOIN_TTL_MS / (24 * HOUR_MS)}d for a token to join with`)
}).meta({ id: 'TokenRequest' })

const common = {
  id: z.string(),
  createdAtMs: z.number(),
  createdBy: z.string(),
  expiresAtMs: z.number(),
  lastUsedAtMs: z.number().nullable().describe('to the minute; null: never, or not that anybody remembers'),
}

export const tokenViewSchema = z.discriminatedUnion('kind', [
  z.object({ ...common, kind: z.literal('api'), role: z.enum(API_ROLES), name: z.string() }),
  z.object({
    ...common, kind: z.literal('join'), role: z.enum(MACHINE_ROLES), labels: z.record(z.string(), z.string()), hosts: z.string(), usesLeft: z.number(),
    replace: z.boolean(),
  }),
]).meta({ id: 'Token' })

export const tokenCreatedSchema = z.object({
  id: z.string(),
  text: z.string().describe('what to hand over; not shown again'),
  token: tokenViewSchema,
}).meta({ id: 'TokenCreated' })
export const tokensSchema = z.object({ tokens: z.array(tokenViewSchema) }).meta({ id: 'Tokens' })
export const revokedTokenSchema = z.object({ id: z.string(), revoked: z.literal(true) }).meta({ id: 'RevokedToken' })

export type TokenRequest = z.input<typeof tokenRequestSchema>
export type TokenWanted = z.output<typeof tokenRequestSchema>
export type TokenView = z.infer<typeof tokenViewSchema>
export type TokenCreatedView = z.infer<typeof tokenCreatedSchema>
export type TokensView = z.infer<typeof tokensSchema>
export type RevokedTokenView = z.infer<typeof revokedTokenSchema>

export function isMachineRole(role: TokenRole): role is MachineRole {
  return (MACHINE_ROLES as readonly string[]).includes(role)
}
