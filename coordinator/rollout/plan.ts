/** From a strategy and its hosts to waves and rows: percentages become hosts here, once, and stay what they are for the whole rollout. */
import { sequenceOf } from '../../shared/ids.ts'
import type { HostName, RolloutId } from '../../shared/ids.ts'
import { fetchesAhead } from '../../shared/prefetch.ts'
import type { Size, Strategy } from '../../shared/strategy.ts'
import { newScripts } from './script.ts'
import type { QueueName, Rollout, Task } from './state.ts'
import { addToWave, emptyQueues, emptyTally, queuesOf } from './tally.ts'

export type Order = {
  id: RolloutId
  service: string
  release: string
  /** Of the service's own variables; a host whose variables differ has another. */
  revision: string
  actor: string
  reason: string | null
  strategy: Strategy
  /** In the order in which they take their turns. */
  hosts: readonly { host: HostName; revision: string }[]
} & Partial<Pick<Rollout, 'kind' | 'run' | 'asked' | 'generation' | 'waitsFor' | 'limited' | 'freezeOverriddenBy'>>

/** Sizes of the waves over `total` hosts. Percentages round up, to at least one host; the last size repeats; the last wave takes what is left. */
export function waveSizes(sizes: readonly Size[], total: number): number[] {
  const waves: number[] = []
  for (let left = total, i = 0; left > 0; i++) {
    const size = sizes[Math.min(i, sizes.length - 1)]
    const wanted = size === undefined ? left : size.unit === 'hosts' ? size.value : Math.ceil(total * size.value / 100 - ROUNDING)
    const taken = Math.min(left, Math.max(1, wanted))
    waves.push(taken)
    left -= taken
  }
  return waves
}

/** How many hosts a tolerance allows. Percentages are of the rollout's hosts and round down: 1 % of 20 hosts is none. */
export function allowance(size: Size, total: number): number {
  return size.unit === 'hosts' ? size.value : Math.floor(total * size.value / 100 + ROUNDING)
}

/** 7 % of 100 is 7, though 100 * 7 / 100 need not be exactly that for every pair in binary. */
const ROUNDING = 1e-9

export function newRollout(order: Order, now: number): { rollout: Rollout; tasks: Task[] } {
  const sizes = waveSizes(order.strategy.waves, order.hosts.length)
  const tasks = newTasks(order, sizes, now)
  const waves = sizes.map((size) => ({ size, forward: emptyTally(), back: emptyTally(), parked: 0, done: 0 }))
  const queues = emptyQueues()
  for (const task of tasks) {
    waves[task.wave] = addToWave(waves[task.wave]!, task, 1)
    for (const name of Object.keys(queuesOf(task)) as QueueName[]) queues[name] += 1
  }
  const { id, service, release, revision, actor, reason, strategy } = order
  const { kind = 'deploy', run = null, asked = null, generation = sequenceOf(id), waitsFor = [], limited = false, freezeOverriddenBy = null } = order
  const limits = {
    failed: allowance(strategy.tolerance.failed, order.hosts.length),
    unreachable: allowance(strategy.tolerance.unreachable, order.hosts.length),
  }
  const rollout: Rollout = {
    id, kind, service, release, revision, actor, reason, asked, generation, strategy, limits, waves, queues, run, limited, freezeOverriddenBy,
    warming: warms(order) ? { state: 'open', untilMs: null, warm: 0, missed: 0 } : null,
    waitsFor, limitedBy: null, backOnly: null, scripts: kind === 'deploy' ? newScripts(strategy, sizes.length, now) : [], notes: [],
    createdAtMs: now, startedAtMs: null, endedAtMs: null,
    phase: 'queued', direction: 'forward', wave: 0, gate: null, promoted: 0, hold: null,
    accepted: { failed: 0, unreachable: 0 }, toRetry: 0, toBegin: 0, turned: 0, seal: null,
  }
  return { rollout, tasks }
}

/** What takes single hosts somewhere, or no release anywhere, has nothing to gain by fetching ahead. */
function warms({ kind = 'deploy', strategy, hosts }: Order): boolean {
  return kind === 'deploy' && fetchesAhead(strategy.prefetch, hosts.length)
}

function newTasks(order: Order, sizes: readonly number[], now: number): Task[] {
  const waveOf = sizes.flatMap((size, wave) => Array.from({ length: size }, () => wave))
  return order.hosts.map(({ host, revision }, index) => ({
    host, wave: waveOf[index] ?? 0, order: index, rank: index, revision, direction: 'forward', state: 'waiting', parked: null,
    attempt: 0, tries: 0, step: null, inLineSinceMs: null, epoch: 0, sinceMs: now, dueAtMs: null,
    before: null, touchedAtMs: null, killed: null, failure: null, changed: null, warm: warms(order) ? 'cold' : null, prefetch: 0, seal: null,
  }))
}
