/**
 * The rollout machine's state. The rollout itself is O(waves); every host's part is a row of its own, so that one report
 * never rewrites ten thousand. Read this and step.ts to draw the machine.
 *
 * Phases: queued → running ⇄ paused → succeeded | failed | aborted; from any of them rolling-back (⇄ paused) → rolled-back | failed |
 * aborted. A retry or a rollback opens an ended rollout again.
 *
 * Tasks: waiting → sent → claimed → running → succeeded | failed | timed-out; sent → withdrawn (offered again later) | unreachable;
 * claimed, running → unknown, which keeps its slot until a result or a person's verdict; most → skipped.
 */
import type { Revert, Step } from '../../shared/command.ts'
import type { HostName, RolloutId } from '../../shared/ids.ts'
import type { Direction, Phase, TaskState } from '../../shared/states.ts'
import type { Strategy } from '../../shared/strategy.ts'

export type Tally = Record<TaskState, number>

/** `parked`: forward tasks among the waiting that a backoff or an absent host keeps from being offered. */
export type Wave = { size: number; forward: Tally; back: Tally; parked: number }

/** What keeps a rollout paused. `abort` drains what runs and then ends it. */
export type Hold =
  | { kind: 'person'; by: string; reason: string | null; sinceMs: number }
  | { kind: 'tolerance'; of: 'failed' | 'unreachable'; count: number; allowed: number; sinceMs: number }
  | { kind: 'abort'; by: string; reason: string | null; sinceMs: number }

/** What stands between the current wave and the next one. */
export type Gate = { kind: 'bake'; untilMs: number } | { kind: 'manual'; sinceMs: number }

/**
 * Rows that the machine wants to be shown again, by what it will do with them. `offer`: may be sent. `sent`: sent, not in line. `claim`:
 * in line for a slot. `done`: touched and at rest, so a rollback would turn it. `retry`: failed, timed out or unreachable.
 */
export type QueueKind = 'offer' | 'sent' | 'claim' | 'done' | 'retry'
export type QueueName = `${QueueKind}-${Direction}`
export const QUEUE_KINDS = ['offer', 'sent', 'claim', 'done', 'retry'] as const satisfies readonly QueueKind[]

export type Rollout = {
  id: RolloutId
  service: string
  /** The release's version, and the revision that the hosts are taken to. */
  release: string
  revision: string
  actor: string
  reason: string | null
  createdAtMs: number
  startedAtMs: number | null
  endedAtMs: number | null
  strategy: Strategy
  /** The strategy's tolerances in hosts. */
  limits: { failed: number; unreachable: number }
  phase: Phase
  direction: Direction
  /** Index of the last wave that has begun. */
  wave: number
  waves: Wave[]
  gate: Gate | null
  /** How many waves have had their gate passed. */
  promoted: number
  hold: Hold | null
  /** Failures that a person accepted by resuming; they no longer count against the tolerance. */
  accepted: { failed: number; unreachable: number }
  /** How many rows each queue holds. */
  queues: Record<QueueName, number>
  /** Rows that a requested retry has still to visit. */
  toRetry: number
  /** How many tasks a rollback has turned; gives them their order. */
  turned: number
}

/** What a host ran before the rollout touched it; nulls: nothing. */
export type Before = { revision: string | null; version: string | null }

/** Why the last attempt did not succeed. */
export type Failure = { step: Step | null; exitCode: number; message: string; revert: Revert; attempt: number; atMs: number }

/** One host's part of a rollout. */
export type Task = {
  host: HostName
  wave: number
  /** Place in the rollout's order of hosts. */
  order: number
  /** Place in the offer queue: `order` going forward, the order of turning going back. */
  rank: number
  revision: string
  direction: Direction
  state: TaskState
  /** Why a waiting task is not offered. */
  parked: 'backoff' | 'away' | null
  /** Number of the last command sent; 0 before the first. */
  attempt: number
  /** Attempts that count against `strategy.attempts`. */
  tries: number
  step: Step | null
  /** In line for a slot since then. */
  inLineSinceMs: number | null
  /** The session that claimed; an older session's claim is void. */
  epoch: number
  sinceMs: number
  /** When time alone changes this row: the end of a backoff, of an attempt's deadline, or of waiting for a host's return before looking again. */
  dueAtMs: number | null
  /** Known once the host has asked for its slot. */
  before: Before | null
  /** When the host was first granted a slot; null: nothing that runs there has been touched. */
  touchedAtMs: number | null
  failure: Failure | null
  /** False: the host ran the revision already. Null: not known yet. */
  changed: boolean | null
}
