/** The words of an attempt's journal. What is written here has happened, and is on the disk before anything follows from it. */
import type { Command, Result, Step } from '../../shared/command.ts'
import type { Installation } from './installation.ts'

/**
 * How a step ended. `exitCode` is -1 when nothing exited. `unknown`: a script was started and left no status.
 * `never-ran`: it was to be started, and certainly was not and will not be under this ticket.
 */
export type Outcome =
  | { kind: 'passed' }
  | { kind: 'failed'; exitCode: number; message: string }
  | { kind: 'timed-out'; message: string }
  | { kind: 'unknown'; message: string }
  | { kind: 'never-ran' }

/**
 * What the host held when the attempt's turn came. `installed` is what a revert goes back to; `running` is what has to be
 * stopped, which is something else only after an attempt of unknown end; `settled`: there is no doubt about either.
 */
export type Before = { installed: Installation | null; running: Installation | null; settled: boolean }

/** When the order was signed, and until when it may be accepted. Milliseconds since the epoch. */
export type Validity = { issuedAtMs: number; expiresAtMs: number }

/** `ticket` numbers the runs of scripts within a command: a script runs at most once under each. `order` absent: accepted before orders were signed. */
export type Entry =
  | { kind: 'accepted'; command: Command; order?: Validity }
  | { kind: 'began'; before: Before }
  | { kind: 'granted' }
  | { kind: 'withdrawn' }
  /** A person has asked for its end: what runs forward is ended, and nothing forward is begun. The way back is left alone. */
  | { kind: 'killed'; reason: string }
  | { kind: 'started'; step: Step; ticket: number }
  | { kind: 'finished'; step: Step; outcome: Outcome }
  | { kind: 'result'; result: Result }
  | { kind: 'acknowledged' }

/** When an entry was written: for people, and on the monotonic clock of one boot. */
export type Stamp = { at: string; bootId: string; monotonicMs: number }

export type Line = Stamp & Entry
