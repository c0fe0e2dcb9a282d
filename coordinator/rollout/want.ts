/**
 * What the machine wants to be shown next. The rollout knows only counts, so the engine fetches rows for it: it takes up to `limit` from
 * the head of `queue`, and steps `as` for each, until the machine wants nothing more. A script that is due wants a host that may run it.
 */
import { roomToClaim, roomToSend } from './attempt.ts'
import type { EngineEvent } from './event.ts'
import { dueScript, keepsHosts } from './script-turn.ts'
import type { QueueName, Rollout } from './state.ts'
import { count, donePlaces, toTurn } from './tally.ts'
import { roomToWarm } from './warming.ts'

/** Rows shown at a time; each batch is one save. */
export const MAX_SHOWN = 200

export type WantRows = {
  queue: QueueName
  /** Only rows at these places of the queue, both included; left out: all. */
  places?: { from: number; to: number }
  as: Extract<EngineEvent['type'], 'HostOffered' | 'SlotOffered' | 'WithdrawalDue' | 'TurnDue' | 'RetryDue' | 'PrefetchOffered' | 'PrefetchWithdrawalDue'>
  limit: number
}

/** `script`: its place. While none of its hosts is here it goes on being wanted; who has none again need not say so again. */
export type WantScript = { as: 'ScriptOffered'; script: number }
export type Want = WantRows | WantScript

/** Null: the rollout stands still until something happens. @param but `slots: false`: no host in line can have its slot right now */
export function want(rollout: Rollout, but: { slots: boolean } = { slots: true }): Want | null {
  const wanted = wants(rollout, but)
  return wanted === null || wanted.as === 'ScriptOffered' ? wanted : { ...wanted, limit: Math.min(wanted.limit, MAX_SHOWN) }
}

function wants(rollout: Rollout, but: { slots: boolean }): Want | null {
  const { queues, direction } = rollout
  switch (rollout.phase) {
    case 'queued':
    case 'succeeded':
    case 'failed':
    case 'aborted':
    case 'rolled-back':
      return null
    case 'paused':
      return retries(rollout) ?? coolings(rollout) ?? withdrawals(rollout, ['forward', 'back']) ?? (rollout.hold?.kind === 'abort' ? lastTries(rollout) : null)
    case 'running':
      return (
        retries(rollout) ?? warmings(rollout) ?? (but.slots ? slots(rollout) : null) ?? scripts(rollout) ?? offers(rollout, offerable(rollout))
      )
    case 'rolling-back':
      return (
        coolings(rollout) ?? withdrawals(rollout, ['forward']) ??
        turns(rollout) ??
        retries(rollout) ?? (but.slots ? slots(rollout) : null) ?? scripts(rollout) ?? offers(rollout, queues[`offer-${direction}`])
      )
  }
}

function retries({ toRetry, toBegin, direction }: Rollout): WantRows | null {
  if (toRetry > 0) return { queue: `retry-${direction}`, as: 'RetryDue', limit: toRetry }
  return toBegin > 0 ? { queue: 'left-forward', as: 'RetryDue', limit: toBegin } : null
}

function warmings(rollout: Rollout): WantRows | null {
  if (rollout.warming?.state !== 'open') return coolings(rollout)
  const limit = Math.min(rollout.queues['cold-forward'], roomToWarm(rollout))
  return limit > 0 ? { queue: 'cold-forward', as: 'PrefetchOffered', limit } : null
}

function coolings({ queues }: Rollout): WantRows | null {
  const limit = queues['warming-forward']
  return limit > 0 ? { queue: 'warming-forward', as: 'PrefetchWithdrawalDue', limit } : null
}

/** An abort ends them. */
function lastTries({ queues }: Rollout): WantRows | null {
  const queue = queues['again-forward'] > 0 ? 'again-forward' : 'again-back'
  return queues[queue] > 0 ? { queue, as: 'WithdrawalDue', limit: queues[queue] } : null
}

function turns(rollout: Rollout): WantRows | null {
  const limit = toTurn(rollout)
  const places = rollout.backOnly === null ? {} : { places: donePlaces(rollout.backOnly) }
  return limit > 0 ? { queue: 'done-forward', ...places, as: 'TurnDue', limit } : null
}

function withdrawals({ queues }: Rollout, directions: readonly ('forward' | 'back')[]): WantRows | null {
  for (const direction of directions) {
    for (const kind of ['sent', 'claim'] as const) {
      const waiting = queues[`${kind}-${direction}`]
      if (waiting > 0) return { queue: `${kind}-${direction}`, as: 'WithdrawalDue', limit: waiting }
    }
  }
  return null
}

function slots(rollout: Rollout): WantRows | null {
  const limit = Math.min(rollout.queues[`claim-${rollout.direction}`], roomToClaim(rollout))
  return limit > 0 ? { queue: `claim-${rollout.direction}`, as: 'SlotOffered', limit } : null
}

function scripts(rollout: Rollout): WantScript | null {
  const script = dueScript(rollout)
  return script === null ? null : { as: 'ScriptOffered', script }
}

function offers(rollout: Rollout, offered: number): WantRows | null {
  const limit = keepsHosts(rollout) ? 0 : Math.min(offered, roomToSend(rollout))
  return limit > 0 ? { queue: `offer-${rollout.direction}`, as: 'HostOffered', limit } : null
}

/** Forward tasks of the waves that have begun which nothing keeps from being offered. They come first in their queue. */
function offerable(rollout: Rollout): number {
  const parked = rollout.waves.slice(0, rollout.wave + 1).reduce((sum, wave) => sum + wave.parked, 0)
  return count(rollout, 'forward', ['waiting', 'withdrawn'], rollout.wave) - parked
}
