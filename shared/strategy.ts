/** A rollout's strategy: the YAML that people write (zod, so that a bad field is named) and the normal form that the machine reads. */
import { z } from 'zod'
import { STEPS } from './command.ts'
import { parseDuration } from './duration.ts'
import { strict } from './issue.ts'
import { parseBytes } from './package/bytes.ts'
import { PREFETCH_ABOVE_HOSTS } from './prefetch.ts'

export const MAX_ATTEMPTS = 20
export const MAX_WAVES_LISTED = 100
export const MAX_TIMEOUT_MS = 24 * 3_600_000
export const MAX_BAKE_MS = 7 * 24 * 3_600_000
/** Scripts of one kind (`before`, `after`) in one rollout. */
export const MAX_SCRIPTS = 20
/** So slow that nothing would ever arrive is no rate. */
export const MIN_RATE_BYTES = 1000

/** A size in hosts, or in percent of the rollout's hosts. The glossary says how each is rounded. */
export type Size = { unit: 'hosts' | 'percent'; value: number }

const durationUpTo = (maxMs: number, minMs = 0) =>
  z
    .union([z.string(), z.number()])
    .transform((text, context): number => {
      const ms = typeof text === 'number' ? (text === 0 ? 0 : null) : parseDuration(text)
      if (ms !== null && ms >= minMs && ms <= maxMs) return ms
      context.addIssue({
        code: 'custom',
        message: `expected a duration such as 30s, 10m or 1h30m, from ${minMs} ms to ${maxMs / 3_600_000} h`,
      })
      return z.NEVER
    })
    .meta({ type: 'string', description: 'a duration: 500ms, 30s, 10m, 1h30m' })

const size = (min: number) =>
  z
    .union([z.number(), z.string()])
    .transform((text, context): Size => {
      const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(String(text))
      const value = Number(match?.[1])
      const percent = match?.[2] === '%'
      const fits = match !== null && (percent ? value <= 100 && (value > 0 || min === 0) : Number.isInteger(value) && value >= min)
      if (fits) return { unit: percent ? 'percent' : 'hosts', value }
      context.addIssue({ code: 'custom', message: `expected a number of hosts (${min} or more) or a percentage such as 10%` })
      return z.NEVER
    })
    .meta({ type: 'string', description: 'hosts, or percent of the rollout’s hosts: 5, 10%' })

export const duration = durationUpTo

const rate = z
  .union([z.string(), z.null()])
  .transform((text, context): number | null => {
    if (text === null) return null
    const bytes = text.endsWith('/s') ? parseBytes(text.slice(0, -2)) : null
    if (bytes !== null && bytes >= MIN_RATE_BYTES) return bytes
    context.addIssue({ code: 'custom', message: 'expected bytes a second such as 5MB/s, at least 1KB/s' })
    return z.NEVER
  })
  .meta({ type: 'string', description: 'bytes a second: 500KB/s, 5MB/s' })

/** An executable of the cmd package that is no step of every deployment. */
const scriptName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'expected the name of an executable of the cmd package, such as migrate')
  .refine((name) => !(STEPS as readonly string[]).includes(name), 'expected another name: this is a step of every deployment')
const scripts = z.array(scriptName).max(MAX_SCRIPTS).default([])

export const strategySchema = strict({
  waves: z
    .array(size(1))
    .min(1)
    .max(MAX_WAVES_LISTED)
    .default([{ unit: 'percent', value: 100 }])
    .describe('sizes of the waves; the last repeats'),
  concurrency: z
    .union([z.int().min(1), z.null()])
    .default(null)
    .describe('window inside a wave, in hosts; default: the whole wave'),
  gate: strict({ after: z.enum(['none', 'first', 'every']), kind: z.enum(['manual', 'bake', 'test']), test: scriptName.optional() })
    .optional()
    .describe('what stands between two waves; test: the script of the cmd package that must pass'),
  bake: durationUpTo(MAX_BAKE_MS).default(0).describe('how long a gated wave is left alone before the next'),
  tolerance: strict({
    failed: size(0).default({ unit: 'hosts', value: 0 }),
    unreachable: size(0).default({ unit: 'percent', value: 5 }),
  })
    .default({ failed: { unit: 'hosts', value: 0 }, unreachable: { unit: 'percent', value: 5 } })
    .describe('beyond it, onFailure'),
  onFailure: z.enum(['pause', 'rollback', 'continue']).default('pause'),
  attempts: z.int().min(1).max(MAX_ATTEMPTS).default(1).describe('tries per host'),
  backoff: durationUpTo(3_600_000).default(5000).describe('before the second try; doubles with each further one'),
  timeout: durationUpTo(MAX_TIMEOUT_MS, 1).default(600_000).describe('of one try on one host'),
  offline: z
    .enum(['wait', 'skip', 'catch-up'])
    .default('skip')
    .describe('hosts that are away when their turn comes; catch-up: they are taken there when they return'),
  order: z
    .enum(['spread', 'as-listed'])
    .default('spread')
    .describe('spread: neighbours in the order differ in rack and dc; as-listed: as the selector names them, or else by name'),
  before: scripts.describe('scripts of the cmd package, each run once before the first host'),
  after: scripts.describe('… and once after the last one'),
  onBusy: z
    .enum(['queue', 'refuse', 'supersede'])
    .default('refuse')
    .describe('when another rollout of the service works on some of these hosts: wait for it, be refused, or abort it'),
  stop: z
    .enum(['running', 'new', 'kill'])
    .default('running')
    .describe('whose stop script is run: that of the release that runs, that of the new one, or none: its processes are killed'),
  prefetch: z
    .union([z.boolean(), z.null()], 'expected true or false')
    .default(null)
    .describe(`whether all hosts fetch before the first wave; default: in rollouts over more than ${PREFETCH_ABOVE_HOSTS} hosts`),
  prefetchRate: rate.default(null).describe('how much of its line each host takes for that; default: all of it'),
  prefetchWithin: durationUpTo(MAX_TIMEOUT_MS, 1).default(1_800_000).describe('how long the first wave waits for it'),
}).transform((input, context): Strategy => {
  const gate = input.gate ?? { after: input.bake > 0 ? ('every' as const) : ('none' as const), kind: 'bake' as const }
  if (gate.after !== 'none' && gate.kind === 'bake' && input.bake === 0) {
    context.addIssue({ code: 'custom', path: ['bake'], message: 'expected a duration above 0: the gate is a bake' })
  }
  if ((gate.kind === 'test') !== (input.gate?.test !== undefined)) {
    context.addIssue({ code: 'custom', path: ['gate', 'test'], message: 'expected the name of a script with kind: test, and none without' })
  }
  return {
    waves: input.waves,
    concurrency: input.concurrency,
    gate: gate.kind === 'test' ? { after: gate.after, kind: 'test', test: input.gate?.test ?? '' } : { after: gate.after, kind: gate.kind },
    bakeMs: input.bake,
    tolerance: input.tolerance,
    onFailure: input.onFailure,
    attempts: input.attempts,
    backoffMs: input.backoff,
    timeoutMs: input.timeout,
    offline: input.offline,
    order: input.order,
    before: input.before,
    after: input.after,
    onBusy: input.onBusy,
    stop: input.stop,
    prefetch: input.prefetch,
    prefetchBytesPerSecond: input.prefetchRate,
    prefetchWithinMs: input.prefetchWithin,
  }
})

export type Strategy = {
  waves: Size[]
  concurrency: number | null
  gate: GateSpec
  bakeMs: number
  tolerance: { failed: Size; unreachable: Size }
  onFailure: 'pause' | 'rollback' | 'continue'
  attempts: number
  backoffMs: number
  timeoutMs: number
  offline: 'wait' | 'skip' | 'catch-up'
  order: 'spread' | 'as-listed'
  before: string[]
  after: string[]
  onBusy: 'queue' | 'refuse' | 'supersede'
  stop: 'running' | 'new' | 'kill'
  /** Null: when the rollout has more than PREFETCH_ABOVE_HOSTS hosts. */
  prefetch: boolean | null
  /** Of each host; null: as fast as it goes. */
  prefetchBytesPerSecond: number | null
  prefetchWithinMs: number
}

type GateAfter = 'none' | 'first' | 'every'
export type GateSpec = { after: GateAfter; kind: 'manual' | 'bake' } | { after: GateAfter; kind: 'test'; test: string }

/** What a person writes; every field may be left out. */
export type StrategyInput = z.input<typeof strategySchema>
