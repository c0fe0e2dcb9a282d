/** A whole random world as data: what fast-check draws, shrinks and prints. */
import fc from 'fast-check'
import { strategySchema } from '../../shared/strategy.ts'
import type { StrategyInput } from '../../shared/strategy.ts'
import type { Order } from '../../coordinator/rollout/plan.ts'
import { ERRAND_FATES } from './errands.ts'
import type { ErrandPlan } from './errands.ts'
import { FATES } from './host.ts'
import type { Absence, Fate, HostPlan } from './host.ts'
import type { Limit } from './places.ts'
import { PREFETCH_FATES } from './prefetches.ts'
import type { PrefetchPlan } from './prefetches.ts'

export const RELEASE = 'r2'

export const DEEDS = [
  'pause', 'resume', 'override-freeze', 'promote', 'skip', 'kill', 'retry', 'retry-not-started', 'retry-host', 'retry-script', 'skip-script',
  'abort', 'rollback', 'rollback-wave',
] as const
export type Deed = (typeof DEEDS)[number]
/** Something that a person does, `afterMs` into the rollout (or, among the encores, after its end). */
export type Act = { afterMs: number; deed: Deed; host: number }

export type Script = {
  seed: number
  kind: 'deploy' | 'run'
  strategy: StrategyInput
  hosts: HostPlan[]
  errands: ErrandPlan
  prefetches: PrefetchPlan
  acts: Act[]
  limit: Limit | null
  /** Freeze windows, each after so long, for so long. */
  freezes: { afterMs: number; forMs: number }[]
  /** Done one after another once the rollout has ended, each when it has ended again. */
  encores: Act[]
  /** Messages take up to `slowMs`; each is repeated with probability `repeats`, much later at times. The engine wakes up to `busyMs` late. */
  network: { slowMs: number; repeats: number; busyMs: number }
}

export function orderOf({ strategy, hosts, limit, kind }: Script): Order {
  const names = hosts.map((_, index) => `h${String(index + 1).padStart(2, '0')}`)
  return {
    id: 'web-7', service: 'web', release: '2.0', revision: RELEASE, actor: 'ann', reason: null, strategy: strategySchema.parse(strategy),
    hosts: names.map((host) => ({ host, revision: RELEASE })), limited: limit !== null, kind, run: kind === 'run' ? { command: 'uptime', account: null } : null,
  }
}

const durationMs = (maxMs: number) => fc.integer({ min: 0, max: maxMs })
const size = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`))
const tolerated = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 4 }) }, fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`))

export const anyStrategy: fc.Arbitrary<StrategyInput> = fc.record({
  waves: fc.array(size, { minLength: 1, maxLength: 4 }),
  concurrency: fc.option(fc.integer({ min: 1, max: 6 })),
  gate: fc.record({ after: fc.constantFrom('none', 'first', 'every'), kind: fc.constantFrom('manual', 'bake', 'test') } as const)
    .map((gate) => (gate.kind === 'test' ? { ...gate, test: 'smoke' } : gate)),
  before: fc.constantFrom([], [], ['migrate'], ['migrate', 'warm']),
  after: fc.constantFrom([], [], ['contract'], ['contract', 'tell']),
  bake: fc.constantFrom('1s', '20s', '60s'),
  tolerance: fc.record({ failed: tolerated, unreachable: tolerated }),
  onFailure: fc.constantFrom('pause', 'rollback', 'continue'),
  attempts: fc.integer({ min: 1, max: 3 }),
  backoff: fc.constantFrom('0', '1s', '60s'),
  timeout: fc.constantFrom('5s', '20s'),
  offline: fc.constantFrom('wait', 'skip', 'catch-up'),
  prefetch: fc.constantFrom(true, false, null),
  prefetchWithin: fc.constantFrom('2s', '120s'),
})

const anyAbsence: fc.Arbitrary<Absence> = fc.record({
  afterMs: durationMs(60_000),
  forMs: fc.option(fc.oneof(durationMs(2_000), durationMs(120_000)), { freq: 12 }),
  kind: fc.constantFrom('cut', 'reboot'),
})

const anyFate: fc.Arbitrary<Fate> = fc.oneof({ weight: 3, arbitrary: fc.constant('works' as const) }, { weight: 2, arbitrary: fc.constantFrom(...FATES) })

const anyHost: fc.Arbitrary<HostPlan> = fc.record({
  installed: fc.constantFrom('r1', 'r1', 'r1', null, RELEASE),
  fates: fc.array(anyFate, { maxLength: 4 }),
  fetchMs: durationMs(5_000),
  workMs: durationMs(5_000),
  absences: fc.array(anyAbsence, { maxLength: 2 }),
})

const anyErrands: fc.Arbitrary<ErrandPlan> = fc.record({
  fates: fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant('works' as const) }, fc.constantFrom(...ERRAND_FATES)), { maxLength: 6 }), workMs: durationMs(8_000),
})

const anyPrefetches: fc.Arbitrary<PrefetchPlan> = fc.record({ fates: fc.array(fc.constantFrom(...PREFETCH_FATES), { maxLength: 6 }), takesMs: durationMs(8_000) })

const anyAct: fc.Arbitrary<Act> = fc.record({
  afterMs: durationMs(120_000), deed: fc.constantFrom(...DEEDS), host: fc.nat({ max: 39 }),
})

/** A command line has no scripts besides. */
function withoutScripts(strategy: StrategyInput): StrategyInput {
  return { ...strategy, before: [], after: [], gate: { after: strategy.gate?.after ?? 'none', kind: 'bake' } }
}

const anyWhile = fc.record({ afterMs: durationMs(120_000), forMs: durationMs(60_000) })

export const anyScript: fc.Arbitrary<Script> = fc.record({
  seed: fc.nat(),
  kind: fc.constantFrom('deploy', 'deploy', 'deploy', 'run'),
  strategy: anyStrategy,
  hosts: fc.array(anyHost, { minLength: 1, maxLength: 40, size: 'max' }),
  errands: anyErrands,
  prefetches: anyPrefetches,
  acts: fc.array(anyAct, { maxLength: 6 }),
  limit: fc.option(fc.record({ room: fc.integer({ min: 1, max: 5 }), others: fc.array(anyWhile, { maxLength: 4 }) }), { freq: 2 }),
  freezes: fc.array(anyWhile, { maxLength: 1 }),
  encores: fc.array(anyAct, { maxLength: 2 }),
  network: fc.record({ slowMs: fc.constantFrom(0, 50, 3_000), repeats: fc.constantFrom(0, 0.1, 0.5), busyMs: fc.constantFrom(0, 20, 2_000) }),
}).map((script) => (script.kind === 'run' ? { ...script, strategy: withoutScripts(script.strategy) } : script))

/** For the person who reads a failure: one line each for the strategy, the network, every host and every act. */
export function print(script: Script): string {
  const { seed, kind, strategy, network, hosts, errands, prefetches, acts, limit, freezes, encores } = script
  const lines = [
    `seed ${seed}, a ${kind}`,
    ...(limit === null ? [] : [`at most ${limit.room} hosts down; those of others: ${JSON.stringify(limit.others)}`]),
    ...freezes.map(({ afterMs, forMs }) => `frozen after ${afterMs} ms for ${forMs} ms`),
    `strategy ${JSON.stringify(strategy)}`,
    `network: up to ${network.slowMs} ms, repeats ${network.repeats}; the engine up to ${network.busyMs} ms late`,
    ...hosts.map((host, index) => `h${String(index + 1).padStart(2, '0')}: ${printHost(host)}`),
    `scripts work ${errands.workMs} ms: ${errands.fates.join(', ')}`,
    `prefetches take ${prefetches.takesMs} ms: ${prefetches.fates.join(', ')}`,
    ...acts.map(({ afterMs, deed, host }) => `after ${afterMs} ms: ${deed} (host ${host})`),
    ...encores.map(({ afterMs, deed, host }) => `${afterMs} ms after the end: ${deed} (host ${host})`),
  ]
  return lines.map((line) => `  ${line}`).join('\n')
}

function printHost({ installed, fates, fetchMs, workMs, absences }: HostPlan): string {
  const away = absences.map(({ afterMs, forMs, kind }) => `${kind} after ${afterMs} ms ${forMs === null ? 'for good' : `for ${forMs} ms`}`)
  return [`runs ${installed ?? 'nothing'}`, `fetches ${fetchMs} ms`, `works ${workMs} ms`, ...fates, ...away].join(', ')
}
