/** What an attempt's journal amounts to. `apply` is the only reader of entries; the attempt is never changed in another way. */
import type { Command, Result, Step } from '../../shared/command.ts'
import type { Before, Line, Outcome, Stamp, Validity } from './entry.ts'

/** `outcome` null: started, and not yet known to have ended. `runs` counts those that may have run. */
export type StepRun = { ticket: number; runs: number; outcome: Outcome | null; bootId: string }

export type Attempt = {
  command: Command
  /** Null: accepted before orders were signed. */
  order: Validity | null
  acceptedAt: string
  before: Before | null
  granted: boolean
  withdrawn: boolean
  /** Why it was killed. Null: it was not. */
  killed: string | null
  steps: Partial<Record<Step, StepRun>>
  /** How many tickets have been given out. */
  tickets: number
  /** Time at work: without waiting for a turn or for the slot. */
  workedMs: number
  last: Stamp
  result: Result | null
  acknowledged: boolean
}

/** The attempt after one more line. Throws when the first line is not `accepted`: such a journal holds no command. */
export function apply(attempt: Attempt | null, line: Line): Attempt {
  const { at, bootId, monotonicMs } = line
  const last: Stamp = { at, bootId, monotonicMs }
  if (line.kind === 'accepted') return attempt ?? fresh(line, last)
  if (!attempt) throw new Error(`a journal begins with accepted, not with ${line.kind}`)
  const since: Attempt = { ...attempt, last, workedMs: attempt.workedMs + (endsWork(line) ? elapsedMs(attempt.last, last) : 0) }
  switch (line.kind) {
    case 'began':
      return { ...since, before: line.before }
    case 'granted':
      return { ...since, granted: true }
    case 'withdrawn':
      return { ...since, withdrawn: true }
    case 'killed':
      return { ...since, killed: line.reason }
    case 'started': {
      const runs = (attempt.steps[line.step]?.runs ?? 0) + 1
      const run: StepRun = { ticket: line.ticket, runs, outcome: null, bootId }
      return { ...since, tickets: Math.max(attempt.tickets, line.ticket), steps: { ...attempt.steps, [line.step]: run } }
    }
    case 'finished': {
      const { ticket, runs } = attempt.steps[line.step] ?? { ticket: 0, runs: 0 }
      const run: StepRun = { ticket, runs: line.outcome.kind === 'never-ran' ? runs - 1 : runs, outcome: line.outcome, bootId }
      return { ...since, steps: { ...attempt.steps, [line.step]: run } }
    }
    case 'result':
      return { ...since, result: line.result }
    case 'acknowledged':
      return { ...since, acknowledged: true }
    default:
      return line satisfies never
  }
}

function fresh({ command, order }: Extract<Line, { kind: 'accepted' }>, last: Stamp): Attempt {
  const empty = { before: null, granted: false, withdrawn: false, killed: null, steps: {}, tickets: 0, workedMs: 0, result: null, acknowledged: false }
  return { command, order: order ?? null, acceptedAt: last.at, last, ...empty }
}

/** Entries that something worked towards; before the others the attempt waited for its turn, for its slot or for a coordinator. */
function endsWork(line: Line): boolean {
  return line.kind === 'started' || line.kind === 'finished' || line.kind === 'result'
}

/** Between two stamps; 0 across a reboot, where the monotonic clocks cannot be compared. */
export function elapsedMs(from: Stamp, to: Stamp): number {
  return from.bootId === to.bootId ? Math.max(0, to.monotonicMs - from.monotonicMs) : 0
}
