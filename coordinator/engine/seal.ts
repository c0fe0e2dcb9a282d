/**
 * The seals of a rollout and of its hosts: what its commands are built from, as it was ordered, and for whom. Redis keeps all of it, and somebody may
 * have changed it there; no command is built from what does not fit its seal, nor for a host that was not among those it was ordered for.
 */
import type { Rollout, Task } from '../rollout/state.ts'
import { sha256 } from '../../shared/digest.ts'
import type { Seals } from './ports/keys.ts'

type Ordered = { rollout: Rollout; tasks: Task[] }

/** To be done once, when it is ordered. */
export function sealed(seals: Seals, { rollout, tasks }: Ordered): Ordered {
  return {
    rollout: { ...rollout, seal: seals.seal(about(rollout), digestOf(rollout)) },
    tasks: tasks.map((task) => ({ ...task, seal: markOf(seals.seal(aboutTask(rollout, task), task.revision)) })),
  }
}

/** A sentence that says why nothing is sent; null: the rollout is as it was ordered. */
export function brokenSeal(seals: Seals, rollout: Rollout): string | null {
  const { seal } = rollout
  if (seal !== null && seals.open(about(rollout), seal) === digestOf(rollout)) return null
  return 'the rollout was started by an earlier version or changed in Redis, so nothing is sent for it; abort it and start it again'
}

/** A sentence that says why nothing is sent to a host; null: the rollout was ordered for it, and to take it to this revision. */
export function strangeTask(seals: Seals, rollout: Rollout, task: Task | undefined): string | null {
  if (task !== undefined && seals.open(aboutTask(rollout, task), `${task.revision} ${task.seal ?? ''}`) === task.revision) return null
  return `${rollout.id} was not ordered for this host, or it was changed in Redis; abort it and start it again`
}

/** The names of the scripts that it may run. */
export function scriptNames({ strategy: { before, after, gate } }: Rollout): string[] {
  return [...before, ...after, ...(gate.kind === 'test' ? [gate.test] : [])]
}

function about({ id }: Rollout): string {
  return `rollout ${id}`
}

function aboutTask({ id }: Rollout, { host }: Task): string {
  return `rollout ${id} host ${host}`
}

/** The revision is in the row already. */
function markOf(sealedText: string): string {
  return sealedText.slice(sealedText.lastIndexOf(' ') + 1)
}

/** A list, and not an object, so that no order of keys matters. What is left out may change: how far it is, and how it goes on. */
function digestOf(rollout: Rollout): string {
  const { id, kind, service, release, revision, actor, run, createdAtMs, warming, strategy } = rollout
  const { timeoutMs, stop, prefetchBytesPerSecond, prefetchWithinMs } = strategy
  const command = run && [run.command, run.account]
  const ahead = warming === null ? [] : [prefetchBytesPerSecond, prefetchWithinMs]
  return sha256(JSON.stringify([id, kind, service, release, revision, actor, command, createdAtMs, timeoutMs, stop, scriptNames(rollout), ...ahead]))
}
