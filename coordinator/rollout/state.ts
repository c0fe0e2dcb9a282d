/**
 * The rollout machine's state. The rollout itself is O(waves); every host's part is a row of its own, so that one report
 * never rewrites ten thousand. Read this and step.ts to draw the machine.
 *
 * Phases: queued → running ⇄ paused → succeeded | failed | aborted; from any of them rolling-back (⇄ paused) → rolled-back | failed |
 * aborted. A retry or a rollback opens an ended rollout again.
 *
 * Tasks: waiting → sent → claimed → running → succeeded | failed | timed-out; sent → withdrawn (offered again later) | unreachable;
 * claimed, running → unknown, which keeps its slot until a result or a person's verdict; waiting, withdrawn → failed when an abort ends its
 * tries; most → skipped.
 *
 * Before the first wave the hosts may be warmed (warming.ts): cold → warming → warm | missed, beside their tasks, which wait meanwhile.
 *
 * Scripts (before, test, after, and what undoes them) run one at a time, in the order of `scripts`, on one host each.
 */
import type { Revert, Step } from '../../shared/command.ts'
import type { HostName, RolloutId } from '../../shared/ids.ts'
import type { Direction, Phase, TaskState } from '../../shared/states.ts'
import type { Strategy } from '../../shared/strategy.ts'

export type Tally = Record<TaskState, number>

/**
 * `parked`: forward tasks among the waiting that a backoff or an absent host keeps from being offered. `done`: forward tasks that a
 * rollback would turn.
 */
export type Wave = { size: number; forward: Tally; back: Tally; parked: number; done: number }

/** What a rollout is. `catch-up`: a small one that the system starts by itself. `run`: a command on hosts, which changes no assignment. */
export type Kind = 'deploy' | 'catch-up' | 'run'

/** What keeps a rollout paused. `abort` drains what runs and then ends it. */
export type Hold =
  | { kind: 'person'; by: string; reason: string | null; sinceMs: number }
  | { kind: 'tolerance'; of: 'failed' | 'unreachable'; count: number; allowed: number; sinceMs: number }
  | { kind: 'abort'; by: string; reason: string | null; sinceMs: number }
  /** A freeze window: no host begins until it ends or a person overrides it. */
  | { kind: 'freeze'; freeze: string; untilMs: number; sinceMs: number }
  /** A script failed, or nobody knows how it ended; `script` is its place in `scripts`. */
  | { kind: 'script'; script: number; sinceMs: number }

/**
 * Before the first wave every host is asked to fetch what it is going to run. `open`: until each has answered, or is away, or time is up. `over`: those
 * that are still at it are stopped, and then the first wave begins. `untilMs`: when time is up; null while the rollout does not move. `warm`, `missed`:
 * how many hosts have done it, and how many have not and will fetch in their turn.
 */
export type Warming = { state: 'open' | 'over'; untilMs: number | null; warm: number; missed: number }
/** Whether a host has fetched ahead: it is still to be asked, is at it, has done it, or has not and will fetch in its turn. */
export type Warm = 'cold' | 'warming' | 'warm' | 'missed'

/** What stands between the current wave and the next one. */
export type Gate = { kind: 'bake'; untilMs: number } | { kind: 'manual'; sinceMs: number } | { kind: 'test'; script: number; sinceMs: number }

export type ScriptPurpose = 'before' | 'test' | 'after' | 'undo'

/**
 * A script of the cmd package that runs once, on one host, touching nothing of what runs there. `undo` undoes the one at `undoes`. Its
 * commands are numbered over the whole rollout: `number`, 0 before the first.
 */
export type Script = {
  purpose: ScriptPurpose
  name: string
  /** Of a test: the wave whose hosts it is about. */
  wave: number | null
  undoes: number | null
  state: 'waiting' | 'sent' | 'running' | 'succeeded' | 'failed' | 'timed-out' | 'unknown' | 'skipped'
  /** Of its last command; null when there is none whose reports count. */
  host: HostName | null
  number: number
  /** Waiting because no host that may run it is here. */
  away: boolean
  sinceMs: number
  dueAtMs: number | null
  failure: { exitCode: number; message: string; atMs: number } | null
}

/** What a person asked for, and why; the latest last. */
export type Note = { control: string; by: string; reason: string | null; host: HostName | null; atMs: number }
export const MAX_NOTES = 50

/**
 * Rows that the machine wants to be shown again, by what it will do with them. `offer`: may be sent. `sent`: sent, not in line. `claim`:
 * in line for a slot. `done`: touched and at rest, so a rollback would turn it. `retry`: failed, timed out or unreachable. `again`: failed
 * and waits for another try. `left`: unreachable or skipped, and nothing was done on it. `cold`: to be asked to fetch ahead. `warming`: at it.
 */
export type QueueKind = 'offer' | 'sent' | 'claim' | 'done' | 'retry' | 'again' | 'left' | 'cold' | 'warming'
export type QueueName = `${QueueKind}-${Direction}`
export const QUEUE_KINDS = ['offer', 'sent', 'claim', 'done', 'retry', 'again', 'left', 'cold', 'warming'] as const satisfies readonly QueueKind[]

export type Rollout = {
  id: RolloutId
  kind: Kind
  service: string
  /** The release's version, and the revision that the hosts are taken to. */
  release: string
  revision: string
  actor: string
  reason: string | null
  /** Of its assignments, the later one wins: the service's number when it was created or, later, opened again. */
  generation: number
  /** How its hosts were chosen: the request's selector (null: all that the service belongs on) out of this entry of the service. Null: by the system. */
  asked: { hosts: string | null; entry: number } | null
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
  /** Rows that a requested retry has still to visit: of those that failed, and of those that were left out before anything was done on them. */
  toRetry: number
  toBegin: number
  /** How many tasks a rollback has turned; gives them their order. */
  turned: number
  /** The one wave that is (or was last) rolled back; null: all of them. */
  backOnly: number | null
  scripts: Script[]
  /** Null: no host fetches ahead. */
  warming: Warming | null
  /** The command line of a `run`, and whose account runs it (null: the agent's own). */
  run: { command: string; account: string | null } | null
  /** Queued behind these: it begins when they have ended. */
  waitsFor: RolloutId[]
  /** A limit over all rollouts of the service applies: slots are granted one by one, when the engine has reserved them. */
  limited: boolean
  /** Which limit keeps the next host in line from its slot, as a sentence; null: none does. */
  limitedBy: string | null
  /** Who has overridden the freeze windows for this rollout. */
  freezeOverriddenBy: string | null
  notes: Note[]
  /** Over what its commands are built from, for whoever builds them; the machine does nothing with it. Null: it was never sealed. */
  seal: string | null
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
  /** Known once the host has asked for its slot; of one that is away, what it was assigned. */
  before: Before | null
  /** When the host was first granted a slot, or its assignment moved while it was away (`changed` is then null); null: a rollback has nothing to do with it. */
  touchedAtMs: number | null
  /** A person has asked for its attempt to be ended: why. It is not tried again by itself. */
  killed: string | null
  failure: Failure | null
  /** False: the host ran the revision already. Null: not known yet. */
  changed: boolean | null
  /** Null: it does not fetch ahead. */
  warm: Warm | null
  /** Number of its last prefetch; 0 before the first. */
  prefetch: number
  /** Proves that the host, and its revision, are of this rollout; the engine makes and checks it. Null: an earlier version's. */
  seal: string | null
}
