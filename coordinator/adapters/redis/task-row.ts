/**
 * A task as one field of a hash, some 300 bytes. Owns the format and its version: a digit, then a JSON array without the names. A change of
 * the format takes the next digit and still reads the ones before.
 */
import { RESULT_MESSAGE_CHARS } from '../../../shared/command.ts'
import type { Before, Failure, Task } from '../../rollout/state.ts'

const VERSION = '1'

type Row = [
  wave: number, order: number, rank: number, revision: string, direction: Task['direction'], state: Task['state'], parked: Task['parked'],
  attempt: number, tries: number, step: Task['step'], inLineSinceMs: number | null, epoch: number, sinceMs: number, dueAtMs: number | null,
  before: [revision: Before['revision'], version: Before['version']] | null, touchedAtMs: number | null,
  failure: FailureRow | null, changed: boolean | null, killed?: string | null, seal?: string | null, warm?: Task['warm'], prefetch?: number,
]
type FailureRow = [step: Failure['step'], exitCode: number, message: string, revert: Failure['revert'], attempt: number, atMs: number]

/** The host is the field's name and not in it. A failure's message is cut at RESULT_MESSAGE_CHARS. */
export function encodeTask(task: Task): string {
  const { before, failure } = task
  const row: Row = [
    task.wave, task.order, task.rank, task.revision, task.direction, task.state, task.parked,
    task.attempt, task.tries, task.step, task.inLineSinceMs, task.epoch, task.sinceMs, task.dueAtMs,
    before === null ? null : [before.revision, before.version], task.touchedAtMs, failure === null ? null : failureRow(failure), task.changed,
    task.killed, task.seal, task.warm, task.prefetch,
  ]
  return VERSION + JSON.stringify(row)
}

/** @throws Error when it was written by a later version than this one */
export function decodeTask(host: string, text: string): Task {
  if (!text.startsWith(VERSION)) throw new Error(`the row of ${host} has format ${text.slice(0, 1)}; this coordinator knows ${VERSION}`)
  const [
    wave, order, rank, revision, direction, state, parked, attempt, tries, step, inLineSinceMs, epoch, sinceMs, dueAtMs,
    before, touchedAtMs, failure, changed, killed, seal, warm, prefetch,
  ] = JSON.parse(text.slice(VERSION.length)) as Row
  return {
    host, wave, order, rank, revision, direction, state, parked, attempt, tries, step, inLineSinceMs, epoch, sinceMs, dueAtMs,
    before: before === null ? null : { revision: before[0], version: before[1] },
    touchedAtMs,
    failure: failure === null ? null : failureOf(failure),
    changed,
    killed: killed ?? null,
    seal: seal ?? null,
    warm: warm ?? null,
    prefetch: prefetch ?? 0,
  }
}

function failureRow({ step, exitCode, message, revert, attempt, atMs }: Failure): FailureRow {
  return [step, exitCode, message.slice(0, RESULT_MESSAGE_CHARS).toWellFormed(), revert, attempt, atMs]
}

function failureOf([step, exitCode, message, revert, attempt, atMs]: FailureRow): Failure {
  return { step, exitCode, message, revert, attempt, atMs }
}
