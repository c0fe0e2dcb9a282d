/** A service's entry in the catalogue: the YAML that people write, and its normal form. */
import { z } from 'zod'
import { STEPS } from './command.ts'
import type { Check, StepSettings } from './command.ts'
import { MAX_SIGNATURES } from './envelope.ts'
import { MAX_PUBLIC_KEY_CHARS, publicKeyLine, readPublicKey } from './identity/public-key.ts'
import { LABEL_KEY_PATTERN, NAME_PATTERN } from './ids.ts'
import { issueField, keysAre, strict } from './issue.ts'
import { instancesSchema, MAX_VALUE_CHARS, MAX_VARIABLES, overridesSchema, variablesSchema } from './override.ts'
import type { Override, Variables } from './override.ts'
import { parseSelector } from './selector.ts'
import { duration, strategySchema } from './strategy.ts'
import type { Size, StrategyInput } from './strategy.ts'

export const MAX_KEPT_RELEASES = 50
export const DEFAULT_KEPT_RELEASES = 3
export const MAX_LIMITS = 20
/** All of them may sign one release, and the coordinator signs it too. */
export const MAX_RELEASE_KEYS = MAX_SIGNATURES - 1
/** What stands where a rollout has its service when it takes a command line to hosts (`run-7`); no service may be called so. */
export const RUN = 'run'

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

/** Kept as the one line, however it was written. */
const publicKeySchema = z
  .string()
  .max(MAX_PUBLIC_KEY_CHARS)
  .transform((text, context): string => {
    const key = readPublicKey(text)
    if (key !== null) return publicKeyLine(key)
    context.addIssue({ code: 'custom', message: 'expected an Ed25519 public key, as muster key create prints it' })
    return z.NEVER
  })
  .meta({ type: 'string', description: 'an Ed25519 public key: PEM, or its SubjectPublicKeyInfo in base64' })

/** Written as the size of a wave is. */
const limitSchema = strict({
  down: strategySchema.in.shape.waves.unwrap().element.describe('hosts, or percent of the hosts of the service (of the group, with per): 10, 5%'),
  per: z.string().regex(LABEL_KEY_PATTERN, 'expected the name of a label, such as rack').nullable().default(null).describe('… of each value of this label'),
})

export const serviceSchema = strict({
  service: z
    .string()
    .regex(NAME_PATTERN, 'expected lower-case letters, digits, dots and dashes, at most 63')
    .refine((name) => name !== RUN, 'expected another name: run-1, run-2, … are commands on hosts'),
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
  scriptsOn: selectorSchema.nullable().default(null).describe('which hosts may run the scripts of a rollout that run once; default: the rollout’s own'),
  run: z
    .string()
    .min(1)
    .max(MAX_VALUE_CHARS)
    .regex(oneLine, 'expected one line')
    .optional()
    .describe('the command line that the default start keeps running'),
  check: checkSchema.optional(),
  variables: variablesSchema.default({}),
  overrides: overridesSchema.describe('variables of an environment, a label or a host; they stand before those of the service, in this order'),
  instances: instancesSchema.describe('several of it on every host, each with variables of its own'),
  steps: z
    .partialRecord(z.enum(STEPS), strict({ idempotent: z.boolean().default(false) }), keysAre(`one of ${STEPS.join(', ')}`))
    .default({}),
  keepReleases: z.int().min(1).max(MAX_KEPT_RELEASES).default(DEFAULT_KEPT_RELEASES).describe('releases that stay on a host'),
  limits: z.array(limitSchema).max(MAX_LIMITS).default([]).describe('at most so many of its hosts down at once, over everything that Muster does'),
  drift: z.enum(['report', 'converge']).default('report').describe('what is done about a host that runs something else than it should'),
  joins: z.enum(['converge', 'report']).default('converge').describe('what is done about a host that is new and belongs to it'),
  releaseKeys: z.array(publicKeySchema).max(MAX_RELEASE_KEYS).default([]).describe('one of them must have signed a release; default: the coordinator signs'),
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
  const names = new Set([input.variables, ...input.overrides.map(({ variables }) => variables), ...Object.values(input.instances)].flatMap(Object.keys))
  if (names.size > MAX_VARIABLES) {
    context.addIssue({ code: 'custom', path: ['variables'], message: `expected at most ${MAX_VARIABLES} different variables; found ${names.size}` })
  }
  return {
    service: input.service,
    path: input.path.replace(/\/+$/, ''),
    account: input.account ?? null,
    hosts: input.hosts,
    scriptsOn: input.scriptsOn,
    run: input.run ?? null,
    check: input.check ?? null,
    variables: input.variables,
    overrides: input.overrides,
    instances: input.instances,
    steps: input.steps,
    keepReleases: input.keepReleases,
    limits: input.limits,
    drift: input.drift,
    joins: input.joins,
    releaseKeys: input.releaseKeys,
    owners: input.owners,
    strategy: input.strategy ?? {},
  }
})

/** At most so many hosts of the service down at once; with `per`, of those that have the same value of this label. */
export type Limit = { down: Size; per: string | null }

export type ServiceSpec = {
  service: string
  path: string
  account: string | null
  hosts: string
  /** Selects any hosts that Muster knows; null: those of the rollout. */
  scriptsOn: string | null
  run: string | null
  check: Check | null
  variables: Variables
  overrides: Override[]
  instances: Record<string, Variables>
  steps: StepSettings
  keepReleases: number
  limits: Limit[]
  drift: 'report' | 'converge'
  joins: 'converge' | 'report'
  /** Ed25519 public keys, each on one line; empty: the coordinator's own signature will do. */
  releaseKeys: string[]
  owners: string[]
  /** As written; a rollout's own strategy overrides it field by field. */
  strategy: StrategyInput
}

/** What an entry from before these fields existed means. */
export const LATER_FIELDS = {
  scriptsOn: null, overrides: [], instances: {}, limits: [], drift: 'report', joins: 'converge', releaseKeys: [],
} satisfies Partial<ServiceSpec>

export type ServiceInput = z.input<typeof serviceSchema>
