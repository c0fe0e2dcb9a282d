/** Builds the one order that an agent gets for an attempt, whole, from the immutable record of the revision that it is about. */
import type { Action, Command } from '../../shared/command.ts'
import { commandId } from '../../shared/ids.ts'
import type { HostName } from '../../shared/ids.ts'
import type { Effect } from '../rollout/effect.ts'
import type { Rollout, Script } from '../rollout/state.ts'
import type { RevisionRecord } from './ports/catalogue.ts'

type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>

/** @param record of the revision to go to; or, when the service is to leave the host, of any revision that says where it lives */
export function commandFor(rollout: Rollout, effect: EffectOf<'SendCommand'>, record: RevisionRecord): Command {
  return { ...taskOf(rollout, effect), ...placeOf(record), action: deployment(rollout, effect, record) }
}

function deployment({ kind, strategy }: Rollout, { revision }: EffectOf<'SendCommand'>, { goal }: RevisionRecord): Action {
  if (revision === null) return { kind: 'remove', stop: strategy.stop === 'kill' ? 'kill' : 'running' }
  // What the system takes somewhere by itself was not as it should be, also where the revision is the same.
  return { kind: 'deploy', goal, stop: strategy.stop, repair: kind === 'catch-up' }
}

/** The command line of a `run`. It belongs to no service; it runs where every host has a directory. */
export function execCommand(rollout: Rollout, effect: EffectOf<'SendCommand'>): Command {
  const { command = '', account = null } = rollout.run ?? {}
  return { ...taskOf(rollout, effect), path: ROOT, account, keepReleases: 1, action: { kind: 'exec', command } }
}

const ROOT = '/'

/** The time that the first wave waits is all that a host has for it. */
export function prefetchCommand(rollout: Rollout, { host, number }: EffectOf<'SendPrefetch'>, record: RevisionRecord): Command {
  const { prefetchBytesPerSecond, prefetchWithinMs } = rollout.strategy
  return {
    ...orderOf(rollout), ...placeOf(record),
    id: commandId({ rollout: rollout.id, host, lane: 'prefetch', attempt: number }),
    timeoutMs: prefetchWithinMs,
    action: { kind: 'prefetch', goal: record.goal, maxBytesPerSecond: prefetchBytesPerSecond },
  }
}

/** @param about the script, the revision whose packages hold it, and the hosts of its wave, if it is about one. People count waves from 1. */
export function scriptCommand(
  rollout: Rollout, { on, number }: EffectOf<'SendScript'>, about: { script: Script; record: RevisionRecord; hosts: HostName[] },
): Command {
  const { script, record, hosts } = about
  const wave = script.wave === null ? null : script.wave + 1
  return {
    ...orderOf(rollout), ...placeOf(record),
    id: commandId({ rollout: rollout.id, host: on, lane: 'script', attempt: number }),
    action: { kind: 'script', goal: record.goal, script: script.name, wave, hosts, undo: script.purpose === 'undo' },
  }
}

function taskOf(rollout: Rollout, { host, attempt }: EffectOf<'SendCommand'>) {
  return { ...orderOf(rollout), id: commandId({ rollout: rollout.id, host, lane: 'task', attempt }) }
}

function orderOf({ id, service, strategy, actor }: Rollout) {
  return { rollout: id, service, timeoutMs: strategy.timeoutMs, actor }
}

function placeOf({ path, account, keepReleases }: RevisionRecord) {
  return { path, account, keepReleases }
}
