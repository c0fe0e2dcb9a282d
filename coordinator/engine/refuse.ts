/** What is not sent although the machine has decided to: its rollout hears that it has failed, and the log says it loudly. */
import type { Effect } from '../rollout/effect.ts'
import type { AgentEvent } from '../rollout/event.ts'
import type { Rollout, Script, Task } from '../rollout/state.ts'
import type { RevisionRecord } from './ports/catalogue.ts'
import type { Ports } from './ports/ports.ts'
import { scriptNames } from './seal.ts'

type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>

type Goal = Pick<EffectOf<'SendCommand'>, 'host' | 'direction' | 'revision'>

/** What a host ran need not be a revision that this catalogue has ever known. */
export function noRecord(revision: string): string {
  return `revision ${revision} is not in the catalogue, or was changed in Redis, so the host cannot be taken to it`
}

/** Why no command is built from the record; null: it may be. */
export function strangeRecord({ service }: Rollout, revision: string, record: RevisionRecord): string | null {
  if (record.goal.revision !== revision) return `what the catalogue has as revision ${revision} is revision ${record.goal.revision}`
  return record.service === service ? null : `revision ${revision} is one of ${record.service}, and the rollout is of ${service}`
}

/** Why the host is not taken there; null: it is where its row says, or back to where it was. */
export function strangeGoal({ id, kind }: Rollout, { host, direction, revision }: Goal, task: Task | undefined): string | null {
  const goal = direction === 'back' ? task?.before?.revision ?? null : task?.revision
  if (kind === 'run' || revision === goal) return null
  return `${id} was not ordered to take ${host} to revision ${revision}: it was changed in Redis`
}

/** Why the script is not run; null: the rollout was ordered with it. */
export function strangeScript(rollout: Rollout, { name }: Script): string | null {
  return scriptNames(rollout).includes(name) ? null : `${rollout.id} was not ordered with a script ${name}`
}

export function refuseTask(ports: Ports, rollout: Rollout, { host, attempt }: EffectOf<'SendCommand'>, message: string): Promise<void> {
  return fail(ports, rollout, { type: 'TaskFailed', host, attempt, verdict: 'failed', step: null, exitCode: -1, message, revert: 'not-needed' })
}

export function refuseScript(ports: Ports, rollout: Rollout, { on, number }: EffectOf<'SendScript'>, message: string): Promise<void> {
  return fail(ports, rollout, { type: 'ScriptEnded', on, number, verdict: 'failed', exitCode: -1, message })
}

export function refusePrefetch(ports: Ports, rollout: Rollout, { host, number }: EffectOf<'SendPrefetch'>, message: string): Promise<void> {
  return fail(ports, rollout, { type: 'PrefetchEnded', host, number, verdict: 'failed', message })
}

async function fail(ports: Ports, { id }: Rollout, event: Extract<AgentEvent, { message: string }>): Promise<void> {
  ports.log.error({ rollout: id, host: event.type === 'ScriptEnded' ? event.on : event.host }, event.message)
  await ports.rollouts.post(id, event)
  await ports.wakeups.wake(id)
}
