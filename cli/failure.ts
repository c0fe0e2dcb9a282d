/** How a run ends that does not succeed: one problem on stderr, in words or as JSON, and the exit code of its kind. */
import { CommanderError } from 'commander'
import type { ProblemBody } from '../shared/api/problem.ts'
import { MusterError } from '../shared/errors.ts'
import { EXIT, exitOfKind } from './exit.ts'
import type { ExitCode } from './exit.ts'
import { Refusal } from './refusal.ts'
import { styled } from './text/line.ts'
import type { Line } from './text/line.ts'

export type Failure = { problem: ProblemBody['error']; exitCode: ExitCode; trace: string | null }

/** `verb`: the verb that was called, as far as it is known (`muster rollout start`). */
export function failureOf(error: unknown, verb: string): Failure {
  if (error instanceof MusterError || error instanceof Refusal) return { problem: error.problem, exitCode: exitOfKind(error.kind), trace: null }
  if (error instanceof CommanderError) return { problem: flagProblem(error, verb), exitCode: EXIT.invalid, trace: null }
  const message = error instanceof Error ? error.message : String(error)
  const trace = error instanceof Error ? (error.stack ?? null) : null
  return { problem: { code: 'internal', message: `a bug in muster: ${message}` }, exitCode: EXIT.internal, trace }
}

export function failureLines({ problem, trace }: Failure): Line[] {
  const { message, field, expected } = problem
  const lines: Line[] = [[styled('error:', 'bad'), ` ${message}`]]
  if (field !== undefined) lines.push([`  field:    ${field}`])
  if (expected !== undefined) lines.push([`  expected: ${expected}`])
  return [...lines, ...(trace ?? '').split('\n').slice(1).map((line): Line => [line])]
}

/** commander's sentences: `error: unknown option '--foo'`, and perhaps `(Did you mean --bar?)` in a line of its own. */
function flagProblem(error: CommanderError, verb: string): ProblemBody['error'] {
  const [sentence = '', hint = ''] = error.message.split('\n')
  const suggestion = /^\(Did you mean (.*)\?\)$/.exec(hint)?.[1]
  const field = /'([^' ]+)[^']*'/.exec(sentence)?.[1]
  return {
    code: 'flag_invalid',
    message: sentence.replace(/^error: /, ''),
    ...(field === undefined ? {} : { field: field.replace(/,$/, '') }),
    expected: suggestion ?? `see ${verb} --help`,
  }
}
