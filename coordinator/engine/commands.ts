/** Builds the one order that an agent gets for an attempt, from the immutable record of the revision that it is taken to. */
import type { Command } from '../../shared/command.ts'
import { commandId } from '../../shared/ids.ts'
import type { Effect } from '../rollout/effect.ts'
import type { Rollout } from '../rollout/state.ts'
import type { RevisionRecord } from './ports/catalogue.ts'

/** @param record of the revision to go to; or, when the service is to leave the host, of any revision that says where it lives */
export function commandFor(rollout: Rollout, effect: Extract<Effect, { type: 'SendCommand' }>, record: RevisionRecord): Command {
  return {
    id: commandId({ rollout: rollout.id, host: effect.host, lane: 'task', attempt: effect.attempt }),
    rollout: rollout.id,
    service: rollout.service,
    action: effect.revision === null ? { kind: 'remove', stop: 'running' } : { kind: 'deploy', goal: record.goal, stop: 'running', repair: false },
    path: record.path,
    account: record.account,
    timeoutMs: rollout.strategy.timeoutMs,
    keepReleases: record.keepReleases,
    actor: rollout.actor,
  }
}
