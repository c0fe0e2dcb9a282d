/** A service's entry in the catalogue: the YAML that people write, and its normal form. */
import { z } from 'zod'
import { STEPS } from './command.ts'
import type { Check, StepSettings } from './command.ts'
import { NAME_PATTERN, VARIABLE_PATTERN } from './ids.ts'
import { issueField, keysAre, strict } from './issue.ts'
import { parseSelector } from './selector.ts'
import { duration, strategySchema } from './strategy.ts'
import type { StrategyInput } from './strategy.ts'

export const MAX_VARIABLES = 200
export const MAX_VALUE_CHARS = 4096
export const MAX_KEPT_RELEASES = 50
export const DEFAULT_KEPT_RELEASES = 3

const oneLine = /^[^\0-\x1f]*$/

const checkSchema = strict({
  http: z
    .string()
    .regex(/^https?:\/\/[^\s]+$/, 'expected a URL such as http://127.0.0.1:${PORT}/health')
    .optional(),
  tcp: z
    .string()
    .regex(/^[^\s]+:[^\s:]+$/, 'expected HOST:PORT such as 127.0.0.1:${PORT}')
    .optional(),
  exec: z.string().min(1).max(MAX_VALUE_CHARS).optional().describe('a shell command line that exits with 0'),
  within: duration(3_600_000, 1).default(60_000).describe('healthy within this deadline'),
  for: duration(3_600_000).default(0).describe('… and then for this long without a break'),
}).transform((input, context): Check => {
  const timing = { withinMs: input.within, forMs: input.for }
  const given = [input.http, input.tcp, input.exec].filter((probe) => probe !== undefined)
  if (given.length !== 1) {
    context.addIssue({ code: 'custom', message: `expected exactly one of http, tcp and exec; found ${given.length}` })
    return z.NEVER
  }
  if (input.http !== undefined) return { probe: { kind: 'http', url: input.http }, ...timing }
  if (input.tcp !== undefined) return { probe: { kind: 'tcp', address: input.tcp }, ...timing }
  return { probe: { kind: 'exec', command: input.exec ?? '' }, ...timing }
})

/** A selector that parses; kept as text, because text is what people read back. */
const selectorSchema = z
  .string()
  .transform((text, context): string => {
    const parsed = parseSelector(text)
    if (parsed.ok) return text
    context.addIssue({ code: 'custom', message: parsed.message })
    return z.NEVER
  })
  .meta({ type: 'string', description: 'hosts by labels, names and globs: env=prod,dc!=sg' })

export const serviceSchema = strict({
  service: z.string().regex(NAME_PATTERN, 'expected lower-case letters, digits, dots and dashes, at most 63'),
  path: z
    .string()
    .regex(/^\/[A-Za-z0-9._/-]+$/, 'expected an absolute path such as /srv/web')
    .refine((path) => !path.split('/').includes('..') && path.replace(/\/+$/, '') !== '', 'expected an absolute path without ..'),
  account: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'expected the name of an account')
    .optional()
    .describe('who runs its scripts; default: the agent’s own account'),
  hosts: selectorSchema.default('*').describe('which hosts it belongs on'),
  run: z
    .string()
    .min(1)
    .max(MAX_VALUE_CHARS)
    .regex(oneLine, 'expected one line')
    .optional()
    .describe('the command line that the default start keeps running'),
  check: checkSchema.optional(),
  variables: z
    .record(
      z.string().regex(VARIABLE_PATTERN),
      z.union([z.string().max(MAX_VALUE_CHARS), z.number(), z.boolean()]).transform(String),
      keysAre('a name such as LOG_LEVEL'),
    )
    .default({})
    .refine((variables) => Object.keys(variables).length <= MAX_VARIABLES, `expected at most ${MAX_VARIABLES} variables`),
  steps: z
    .partialRecord(z.enum(STEPS), strict({ idempotent: z.boolean().default(false) }), keysAre(`one of ${STEPS.join(', ')}`))
    .default({}),
  keepReleases: z.int().min(1).max(MAX_KEPT_RELEASES).default(DEFAULT_KEPT_RELEASES).describe('releases that stay on a host'),
  owners: z.array(z.string().min(1).max(128)).max(50).default([]),
  strategy: z.unknown().optional().describe('the default strategy; see Strategy'),
}).transform((input, context): ServiceSpec => {
  const strategy = strategySchema.safeParse(input.strategy ?? {})
  for (const issue of strategy.error?.issues ?? [])
    context.addIssue({
      code: 'custom',
      path: issueField({ ...issue, path: ['strategy', ...issue.path] }).split('.'),
      message: issue.message,
    })
  return {
    service: input.service,
    path: input.path.replace(/\/+$/, ''),
    account: input.account ?? null,
    hosts: input.hosts,
    run: input.run ?? null,
    check: input.check ?? null,
    variables: input.variables,
    steps: input.steps,
    keepReleases: input.keepReleases,
    owners: input.owners,
    strategy: input.strategy ?? {},
  }
})

export type ServiceSpec = {
  service: string
  path: string
  account: string | null
  hosts: string
  run: string | null
  check: Check | null
  variables: Record<string, string>
  steps: StepSettings
  keepReleases: number
  owners: string[]
  /** As written; a rollout's own strategy overrides it field by field. */
  strategy: StrategyInput
}

export type ServiceInput = z.input<typeof serviceSchema>
