/** Answers of the API for tests, true to its schemas: each is parsed by the schema that it is to follow. */
import { groupFailures } from '../../../coordinator/rollout/failures.ts'
import { failuresViewSchema } from '../../../shared/api/failures.ts'
import type { FailuresView } from '../../../shared/api/failures.ts'
import { hostDetailSchema, hostViewSchema } from '../../../shared/api/host.ts'
import type { HostDetailView, HostView } from '../../../shared/api/host.ts'
import { rolloutChangeSchema } from '../../../shared/api/change.ts'
import type { RolloutChange } from '../../../shared/api/change.ts'
import { planViewSchema, rolloutViewSchema, taskViewSchema } from '../../../shared/api/rollout.ts'
import type { PlanView, RolloutView, TaskView } from '../../../shared/api/rollout.ts'
import { serviceSchema } from '../../../shared/service.ts'
import { TASK_STATES } from '../../../shared/states.ts'
import type { TaskState } from '../../../shared/states.ts'
import { strategySchema } from '../../../shared/strategy.ts'
import type { StrategyInput } from '../../../shared/strategy.ts'

export const NOON_MS = new Date(2026, 2, 1, 12, 0, 0).getTime()
export const DIGEST = 'ab'.repeat(32)

type Counts = Partial<Record<TaskState, number>>
type WaveInput = { forward?: Counts; back?: Counts }

const tally = (counts: Counts) => Object.fromEntries(TASK_STATES.map((state) => [state, counts[state] ?? 0]))
const sum = (counts: Counts) => Object.values(counts).reduce((total, count) => total + count, 0)

export const wave = ({ forward = {}, back = {} }: WaveInput) => ({ size: sum(forward) + sum(back), forward: tally(forward), back: tally(back) })

export type RolloutInput = Partial<Omit<RolloutView, 'waves' | 'strategy'>> & { waves?: WaveInput[]; strategy?: StrategyInput }

export function rollout({ waves = [{ forward: { succeeded: 2 } }, { forward: { running: 1, waiting: 3 } }], strategy = {}, ...given }: RolloutInput = {}): RolloutView {
  const shown = waves.map(wave)
  return rolloutViewSchema.parse({
    id: 'web-7', service: 'web', release: '1.4.2', revision: 'r'.repeat(20), actor: 'alice', reason: null, phase: 'running', direction: 'forward',
    wave: Math.min(1, waves.length - 1), waves: shown, gate: null, hold: null, hosts: shown.reduce((total, { size }) => total + size, 0), window: 4, slots: 1,
    why: 'wave 2 of 2: 1 of 4 slots in use, 0 hosts preparing', moves: [], createdAtMs: NOON_MS, startedAtMs: NOON_MS, endedAtMs: null,
    kind: 'deploy', run: null, scripts: [], waitsFor: [], backOnly: null, notes: [], warming: null, fetched: null,
    strategy: strategySchema.parse(strategy), ...given,
  })
}

export function task(given: Partial<TaskView> = {}): TaskView {
  return taskViewSchema.parse({
    host: 'web-03', wave: 1, direction: 'forward', state: 'running', parked: null, away: false, step: 'check', attempt: 1, tries: 1, sinceMs: NOON_MS, dueAtMs: null,
    from: '1.4.1', changed: null, failure: null, lastLine: null, warm: null, fetch: null, ...given,
  })
}

export function failedTask(host: string, message: string, given: Partial<TaskView['failure']> & { lastLine?: string } = {}): TaskView {
  const { lastLine = null, ...failure } = given
  return task({
    host, state: 'failed', step: null, lastLine,
    failure: { step: 'check', exitCode: 1, message, revert: 'succeeded', attempt: 1, atMs: NOON_MS, ...failure },
  })
}

/** As the coordinator groups them. */
export function failures(tasks: readonly TaskView[]): FailuresView {
  const { groups, others } = groupFailures(tasks)
  const lastLine = (host: string | undefined) => tasks.find((one) => one.host === host)?.lastLine ?? null
  return failuresViewSchema.parse({
    hosts: tasks.length, others,
    groups: groups.map(({ witnesses: [host], ...group }) => ({ ...group, back: 0, example: lastLine(host) === null ? null : { host, lastLine: lastLine(host) } })),
  })
}

export function taskChange(host: string, given: Partial<Extract<RolloutChange, { kind: 'task' }>> = {}): RolloutChange {
  return rolloutChangeSchema.parse({
    kind: 'task', atMs: NOON_MS, host, wave: 1, direction: 'forward', state: 'running', parked: null, step: 'check', attempt: 1, message: null, ...given,
  })
}

export function phaseChange(given: Partial<Extract<RolloutChange, { kind: 'rollout' }>> = {}): RolloutChange {
  return rolloutChangeSchema.parse({
    kind: 'rollout', atMs: NOON_MS, phase: 'running', direction: 'forward', wave: 0, waves: 2, gate: null, hold: null, why: 'wave 1 of 2', cause: null, ...given,
  })
}

type PlannedHost = PlanView['waves'][number]['hosts'][number]

export function plannedHost(host: string, given: Partial<PlannedHost> = {}): PlannedHost {
  return { host, from: '1.4.1', change: 'update', away: false, refused: null, ...given }
}

export function plan(waves: PlannedHost[][], given: Partial<PlanView> & { gates?: (string | null)[] } = {}): PlanView {
  const { gates = [], ...rest } = given
  return planViewSchema.parse({
    service: 'web', release: '1.4.2', revision: 'r'.repeat(20), window: waves[0]?.length ?? 1, tolerance: { failed: 0, unreachable: 1 }, leftOut: [],
    busy: [], frozen: null, prefetch: false,
    waves: waves.map((hosts, index) => ({ size: hosts.length, gate: gates[index] ?? null, hosts })), strategy: strategySchema.parse({}), ...rest,
  })
}

type HostService = HostView['services'][number]

export function hostService(given: Partial<HostService> = {}): HostService {
  return {
    service: 'web', version: '1.4.1', revision: 'r', assigned: '1.4.1', assignedBy: 'web-6', standing: 'well', findings: [], sinceMs: NOON_MS, ...given,
  }
}

export function host(name: string, given: Partial<HostView> = {}): HostView {
  return hostViewSchema.parse({
    host: name, status: 'connected', labels: { env: 'prod', dc: 'fra' }, ignoredLabels: {}, revoked: null, identity: null, agentVersion: '0.1.0',
    facts: { os: 'linux', arch: 'x64', cpus: 8, memoryBytes: 16 * 1024 ** 3, bootId: 'b' },
    load: { load1: 0.25, memoryFreeBytes: 8 * 1024 ** 3, diskFreeBytes: 100 * 1024 ** 3, runningCommands: 0 },
    services: [hostService()], firstSeenAtMs: NOON_MS, seenAtMs: NOON_MS, ...given,
  })
}

export function hostDetail(name: string, given: Partial<HostDetailView> = {}): HostDetailView {
  return hostDetailSchema.parse({ ...host(name, given), commands: given.commands ?? [] })
}

export const service = { spec: serviceSchema.parse({ service: 'web', path: '/srv/web', hosts: 'env=prod' }), entry: 3, updatedAtMs: NOON_MS, updatedBy: 'alice', reason: null, restored: null }

export const artifact = { digest: DIGEST, sizeBytes: 3 * 1024 ** 2, entries: 42 }

export const release = {
  service: 'web', version: '1.4.2', srv: artifact, cmd: null, createdAtMs: NOON_MS, createdBy: 'alice', envelope: null,
  signers: [{ key: `sha256:${DIGEST}`, of: 'coordinator' as const }],
  provenance: { by: 'alice', commit: '4f2a91c0d7aa0b1c-dirty', build: 'https://ci.example/7', atMs: NOON_MS }, fault: null,
}
