/** Rollouts as the HTTP API shows and takes them. */
import { z } from 'zod'
import { STEPS } from '../command.ts'
import { strict } from '../issue.ts'
import { PHASES, TASK_STATES } from '../states.ts'
import type { TaskState } from '../states.ts'
import { fetchTotalSchema, fetchViewSchema, warmingSchema, warmSchema } from './fetch.ts'

export const phaseSchema = z.enum(PHASES).meta({ id: 'Phase' })
export const taskStateSchema = z.enum(TASK_STATES).meta({ id: 'TaskState' })
export const directionSchema = z.enum(['forward', 'back'])
export const stepSchema = z.enum(STEPS).meta({ id: 'Step' })

export const gateSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('bake'), untilMs: z.number() }),
    z.object({ kind: z.literal('manual'), sinceMs: z.number() }),
    z.object({ kind: z.literal('test'), script: z.number().describe('place in scripts'), sinceMs: z.number() }),
  ])
  .meta({ id: 'Gate' })

export const holdSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('person'), by: z.string(), reason: z.string().nullable(), sinceMs: z.number() }),
    z.object({
      kind: z.literal('tolerance'),
      of: z.enum(['failed', 'unreachable']),
      count: z.number(),
      allowed: z.number(),
      sinceMs: z.number(),
    }),
    z.object({ kind: z.literal('abort'), by: z.string(), reason: z.string().nullable(), sinceMs: z.number() }),
    z.object({ kind: z.literal('freeze'), freeze: z.string(), untilMs: z.number(), sinceMs: z.number() }),
    z.object({ kind: z.literal('script'), script: z.number().describe('place in scripts'), sinceMs: z.number() }),
  ])
  .meta({ id: 'Hold' })

export const scriptViewSchema = z
  .object({
    purpose: z.enum(['before', 'test', 'after', 'undo']),
    name: z.string(),
    wave: z.number().nullable(),
    undoes: z.number().nullable().describe('place in scripts of the one that it undoes'),
    state: z.enum(['waiting', 'sent', 'running', 'succeeded', 'failed', 'timed-out', 'unknown', 'skipped']),
    host: z.string().nullable(),
    number: z.number().describe('of its command, over the whole rollout; 0: none yet'),
    away: z.boolean().describe('no host that may run it is here'),
    sinceMs: z.number(),
    failure: z.object({ exitCode: z.number(), message: z.string(), atMs: z.number() }).nullable(),
  })
  .meta({ id: 'Script' })

export const noteSchema = z
  .object({ control: z.string(), by: z.string(), reason: z.string().nullable(), host: z.string().nullable(), atMs: z.number() })
  .meta({ id: 'Note' })

export const moveSchema = z
  .object({
    command: z.string().nullable().describe('of the command line, without `muster`, HOST standing for a host; null: nobody has to do anything'),
    effect: z.string().describe('what the command does, or what comes by itself'),
  })
  .meta({ id: 'Move' })

const countsSchema = z.object(Object.fromEntries(TASK_STATES.map((state) => [state, z.number()])) as Record<TaskState, z.ZodNumber>).meta({ id: 'Counts' })

export const rolloutViewSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['deploy', 'catch-up', 'run']).describe('catch-up: a small one that the system began; run: a command on hosts'),
    service: z.string(),
    release: z.string(),
    revision: z.string(),
    run: z.object({ command: z.string(), account: z.string().nullable() }).nullable(),
    actor: z.string(),
    reason: z.string().nullable(),
    phase: phaseSchema,
    direction: directionSchema,
    wave: z.number().describe('index of the last wave that has begun'),
    waves: z.array(z.object({ size: z.number(), forward: countsSchema, back: countsSchema })),
    gate: gateSchema.nullable(),
    hold: holdSchema.nullable(),
    scripts: z.array(scriptViewSchema),
    waitsFor: z.array(z.string()).describe('rollouts that have to end first'),
    backOnly: z.number().nullable().describe('the one wave that is rolled back; null: all'),
    notes: z.array(noteSchema).describe('what people asked for, and why; the latest last'),
    hosts: z.number(),
    window: z.number().describe('how many hosts may hold a slot at once'),
    slots: z.number().describe('how many do'),
    warming: warmingSchema.nullable().describe('which hosts have fetched before the first wave; null: none was asked to'),
    fetched: fetchTotalSchema.nullable().describe('what all its hosts have fetched; null: nothing yet, or nobody looked: only where it is asked for by its id'),
    why: z.string().describe('why it stands where it stands'),
    moves: z.array(moveSchema).describe('what would move it'),
    createdAtMs: z.number(),
    startedAtMs: z.number().nullable(),
    endedAtMs: z.number().nullable(),
    strategy: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Rollout' })

export const taskViewSchema = z
  .object({
    host: z.string(),
    wave: z.number(),
    direction: directionSchema,
    state: taskStateSchema,
    parked: z.enum(['backoff', 'away']).nullable(),
    away: z.boolean().describe('nothing is heard of its agent at the moment'),
    step: stepSchema.nullable(),
    attempt: z.number(),
    tries: z.number(),
    sinceMs: z.number().describe('in this state since'),
    dueAtMs: z.number().nullable(),
    from: z.string().nullable().describe('the version that ran before; null: none, or not known yet'),
    changed: z.boolean().nullable(),
    failure: z
      .object({
        step: stepSchema.nullable(),
        exitCode: z.number(),
        message: z.string(),
        revert: z.enum(['not-needed', 'succeeded', 'failed']),
        attempt: z.number(),
        atMs: z.number(),
      })
      .nullable(),
    lastLine: z.string().nullable().describe('the last line that its scripts printed'),
    warm: warmSchema.nullable().describe('whether it has fetched before the first wave; null: it was not to'),
    fetch: fetchViewSchema.nullable().describe('its latest fetch; null: it has reported none'),
  })
  .meta({ id: 'Task' })

export const taskPageSchema = z.object({ tasks: z.array(taskViewSchema), next: z.string().nullable() }).meta({ id: 'TaskPage' })
export const rolloutPageSchema = z.object({ rollouts: z.array(rolloutViewSchema), next: z.string().nullable() }).meta({ id: 'RolloutPage' })

/** `strategy` overrides the service's own, field by field. */
export const rolloutRequestSchema = strict({
  service: z.string(),
  release: z.string(),
  hosts: z.string().optional().describe('selector; narrows the hosts that the service belongs on'),
  strategy: z.record(z.string(), z.unknown()).optional(),
  reason: z.string().max(500).optional(),
  overrideFreeze: z.boolean().optional().describe('begin also in a freeze; asks for a reason'),
}).meta({ id: 'RolloutRequest' })

export const MAX_COMMAND_CHARS = 4096

/** A command line on hosts, as a rollout. */
export const runRequestSchema = strict({
  hosts: z.string().describe('selector'),
  command: z.string().min(1).max(MAX_COMMAND_CHARS).regex(/^[^\0]*$/, 'expected text without NUL').describe('a shell command line'),
  account: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'expected the name of an account').optional().describe('whose; default: the agent’s own'),
  strategy: z.record(z.string(), z.unknown()).optional(),
  reason: z.string().max(500).optional(),
}).meta({ id: 'RunRequest' })

export const planViewSchema = z
  .object({
    service: z.string(),
    release: z.string(),
    revision: z.string(),
    waves: z.array(
      z.object({
        size: z.number(),
        gate: z.string().nullable().describe('what stands behind it'),
        hosts: z.array(
          z.object({
            host: z.string(),
            from: z.string().nullable().describe('version that runs now'),
            change: z.enum(['install', 'update', 'none']),
            away: z.boolean(),
            refused: z.string().nullable().describe('why the policy of its owner would refuse it; null: it would not'),
          }),
        ),
      }),
    ),
    window: z.number().describe('of the first wave'),
    prefetch: z.boolean().describe('whether all of them fetch before the first wave'),
    tolerance: z.object({ failed: z.number(), unreachable: z.number() }).describe('in hosts'),
    leftOut: z.array(z.object({ host: z.string(), why: z.string() })),
    busy: z.array(z.object({ rollout: z.string(), hosts: z.number().describe('how many of these') }))
      .describe('deployments under way on some of these hosts; what a start does then, strategy.onBusy says'),
    frozen: z.object({ freeze: z.string(), untilMs: z.number(), reason: z.string() }).nullable()
      .describe('the freeze that a start would be refused by; null: none stands'),
    strategy: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Plan' })

const reason = z.string().max(500).optional()
export const controlRequestSchema = strict({ reason }).meta({ id: 'ControlRequest' })
export const resumeRequestSchema = strict({ reason, overrideFreeze: z.boolean().default(false) }).meta({ id: 'ResumeRequest' })
export const rollbackRequestSchema = strict({
  reason,
  wave: z.int().min(1).optional().describe('this wave alone, as people count them: 1 is the first; default: everything that was touched'),
}).meta({ id: 'RollbackRequest' })
export const killRequestSchema = strict({ hosts: z.array(z.string()).min(1).max(1000), reason }).meta({ id: 'KillRequest' })
export const skipRequestSchema = strict({ hosts: z.array(z.string()).min(1).max(1000), reason: z.string().max(500).optional() }).meta({
  id: 'SkipRequest',
})
export const retryRequestSchema = strict({
  hosts: z.array(z.string()).min(1).max(1000).optional().describe('these alone'),
  which: z.enum(['failed', 'not-started']).default('failed').describe('failed: failed, timed out or unreachable; not-started: nothing was done on them'),
  reason: z.string().max(500).optional(),
}).meta({ id: 'RetryRequest' })

export const outputViewSchema = z
  .object({
    host: z.string(),
    outputs: z.array(z.object({ attempt: z.number(), step: stepSchema, tail: z.string(), totalBytes: z.number(), atMs: z.number() })),
  })
  .meta({ id: 'HostOutput' })
export const outputsViewSchema = z
  .object({
    hosts: z.array(outputViewSchema),
    next: z.string().nullable(),
    mark: z.number().nullable().describe('where to go on, when it was asked for what came after a mark'),
  })
  .meta({ id: 'Outputs' })

export type RolloutView = z.infer<typeof rolloutViewSchema>
export type TaskView = z.infer<typeof taskViewSchema>
export type TaskPageView = z.infer<typeof taskPageSchema>
export type RolloutPageView = z.infer<typeof rolloutPageSchema>
export type RolloutRequest = z.infer<typeof rolloutRequestSchema>
export type RunRequest = z.infer<typeof runRequestSchema>
export type PlanView = z.infer<typeof planViewSchema>
export type OutputView = z.infer<typeof outputViewSchema>
export type OutputsView = z.infer<typeof outputsViewSchema>
