/** How much Muster has on its hands, in numbers: over all coordinators, of what has not ended. */
import type { Phase, TaskState } from '../../shared/states.ts'
import { PHASES, TASK_STATES } from '../../shared/states.ts'
import type { Rollout } from '../rollout/state.ts'
import { occupied, windowOf } from '../rollout/tally.ts'
import { SILENT_AFTER_MS } from './ports/hosts.ts'
import type { HostRecord } from './ports/hosts.ts'
import type { Ports } from './ports/ports.ts'

/** A task in one of these has a command in its host's mailbox. */
const COMMANDED: readonly TaskState[] = ['sent', 'claimed', 'running', 'unknown']

export type Workload = {
  rollouts: Record<Phase, number>
  tasks: Record<TaskState, number>
  slotsUsed: number
  slotsWindow: number
  commandsOpen: number
  hostsWarming: number
  hosts: Record<'connected' | 'silent' | 'away', number>
}

export async function measureWorkload(ports: Pick<Ports, 'rollouts' | 'hosts' | 'clock'>): Promise<Workload> {
  const ids = await ports.rollouts.active()
  const loaded = await Promise.all(ids.map((id) => ports.rollouts.load(id)))
  const rollouts = loaded.flatMap((one) => (one === null ? [] : [one.rollout]))
  const tasks = counted(TASK_STATES, (state) => sum(rollouts, (rollout) => sum(rollout.waves, ({ forward, back }) => forward[state] + back[state])))
  const now = ports.clock()
  const statuses = (await ports.hosts.all()).map((host) => statusOf(host, now))
  const hostsWarming = sum(rollouts, ({ queues }) => queues['warming-forward'])
  return {
    rollouts: counted(PHASES, (phase) => rollouts.filter((rollout) => rollout.phase === phase).length),
    tasks,
    slotsUsed: sum(rollouts, occupied),
    slotsWindow: sum(rollouts.filter(isMoving), windowOf),
    commandsOpen: sum(COMMANDED, (state) => tasks[state]) + hostsWarming,
    hostsWarming,
    hosts: counted(['connected', 'silent', 'away'] as const, (status) => statuses.filter((one) => one === status).length),
  }
}

function isMoving({ phase }: Rollout): boolean {
  return phase === 'running' || phase === 'rolling-back'
}

function statusOf({ session, seenAtMs }: HostRecord, now: number): 'connected' | 'silent' | 'away' {
  if (session === null) return 'away'
  return now - seenAtMs > SILENT_AFTER_MS ? 'silent' : 'connected'
}

function sum<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((total, item) => total + amount(item), 0)
}

function counted<K extends string>(keys: readonly K[], count: (key: K) => number): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, count(key)])) as Record<K, number>
}
