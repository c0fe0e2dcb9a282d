/** What the edge for agents hands to the engine. */
import type { HostName, RolloutId } from '../../../shared/ids.ts'
import type { AgentEvent } from '../../rollout/event.ts'

export interface AgentReports {
  /** Durable once it returns; only then may the agent be told so. */
  report(rollout: RolloutId, event: AgentEvent): Promise<'posted' | 'unknown-rollout'>
  /** A host has a session again: rollouts that wait for it hear of it. */
  hostConnected(host: HostName): Promise<void>
}
