/** Rollouts and tasks as people see them. */
import type { PlanView, RolloutView, TaskView } from '../../../shared/api/rollout.ts'
import { fetchesAhead } from '../../../shared/prefetch.ts'
import type { Strategy } from '../../../shared/strategy.ts'
import type { Obstacles } from '../../engine/obstacles.ts'
import type { Plan } from '../../engine/planning.ts'
import { refusalOf } from '../../engine/policies.ts'
import { explain } from '../../rollout/explain.ts'
import { allowance, waveSizes } from '../../rollout/plan.ts'
import type { Rollout, Task } from '../../rollout/state.ts'
import { occupied, windowOf } from '../../rollout/tally.ts'
import type { Fetch, FetchTotal } from '../../engine/ports/fetches.ts'
import { fetchTotalView, fetchView, warmingView } from './fetch-views.ts'

/** @param fetched by its hosts; null: nothing, or nobody has looked */
export function rolloutView(rollout: Rollout, fetched: FetchTotal | null = null): RolloutView {
  const { id, kind, service, release, revision, run, actor, reason, phase, direction, wave, gate, hold, waitsFor, backOnly, notes } = rollout
  const { createdAtMs, startedAtMs, endedAtMs, strategy } = rollout
  return {
    id, kind, service, release, revision, run, actor, reason, phase, direction, wave, gate, hold, waitsFor, backOnly, notes,
    createdAtMs, startedAtMs, endedAtMs, strategy,
    scripts: rollout.scripts.map(({ dueAtMs: _, ...script }) => script),
    waves: rollout.waves.map(({ size, forward, back }) => ({ size, forward, back })),
    hosts: rollout.waves.reduce((sum, { size }) => sum + size, 0),
    window: windowOf(rollout),
    slots: occupied(rollout),
    warming: warmingView(rollout),
    fetched: fetched && fetchTotalView(fetched),
    ...explain(rollout),
  }
}

type Beside = { away: boolean; lastLine: string | null; fetch: Fetch | null }

export function taskView(task: Task, { away, lastLine, fetch }: Beside): TaskView {
  const { host, wave, direction, state, parked, step, attempt, tries, sinceMs, dueAtMs, changed, failure, warm } = task
  return {
    host, wave, direction, state, parked, away, step, attempt, tries, sinceMs, dueAtMs, changed, failure, lastLine, from: task.before?.version ?? null,
    warm, fetch: fetch && fetchView(fetch),
  }
}

export function planView(plan: Plan, connected: ReadonlySet<string>, { busy, frozen }: Obstacles): PlanView {
  const { entry, release, revision, strategy, hosts, leftOut } = plan
  const plannedHost = (host: Plan['hosts'][number]) => {
    const now = host.installed.find(({ service }) => service === entry.spec.service)
    const change = now === undefined ? ('install' as const) : now.revision === host.revision ? ('none' as const) : ('update' as const)
    return { host: host.host, from: now?.version ?? null, change, away: !connected.has(host.host), refused: refusalOf(host, entry.spec, release) }
  }
  const sizes = waveSizes(strategy.waves, hosts.length)
  let next = 0
  const waves = sizes.map((size, index) => {
    const members = hosts.slice(next, (next += size))
    return { size, gate: gateAfter(strategy, index, index === sizes.length - 1), hosts: members.map((host) => plannedHost(host)) }
  })
  return {
    service: entry.spec.service, release: release.version, revision, waves, leftOut, strategy,
    window: strategy.concurrency ?? sizes[0] ?? 1,
    prefetch: fetchesAhead(strategy.prefetch, hosts.length),
    tolerance: { failed: allowance(strategy.tolerance.failed, hosts.length), unreachable: allowance(strategy.tolerance.unreachable, hosts.length) },
    busy: busy.map(({ rollout, hosts: shared }) => ({ rollout: rollout.id, hosts: shared.length })),
    frozen: frozen === null ? null : { freeze: frozen.freeze.name, untilMs: frozen.untilMs, reason: frozen.freeze.reason },
  }
}

/** A test stands behind the last wave too. */
function gateAfter({ gate, bakeMs }: Strategy, wave: number, isLast: boolean): string | null {
  if (gate.after === 'none' || (gate.after === 'first' && wave > 0) || (isLast && gate.kind !== 'test')) return null
  const bake = bakeMs > 0 ? `bake ${bakeMs / 1000}s` : null
  const then = gate.kind === 'manual' ? 'manual' : gate.kind === 'test' ? `test ${gate.test}` : null
  return [bake, then].filter((part) => part !== null).join(', then ')
}
