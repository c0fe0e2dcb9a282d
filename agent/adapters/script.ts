/**
 * Runs the scripts of steps: each under its ticket, detached, watched until its status is on the disk, and ended with all its processes when
 * its time is over. One and the same waiting serves a script that this agent has started and one that it has found after a crash.
 */
import { spawn } from 'node:child_process'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeDirectory } from '../../shared/directory.ts'
import type { Outcome } from '../deploy/entry.ts'
import { BOOT_ID, monotonicMs } from './clock.ts'
import { endFamily } from './processes.ts'
import { exited, killed, timedOut } from './script-outcome.ts'
import { readTail } from './tail.ts'
import type { Tail } from './tail.ts'
import { forestall, inspect } from './ticket.ts'
import { wakeOn } from './wake.ts'
import type { Wake } from './wake.ts'

/** `dir`: the run's own; `marker`: the environment entry that all its processes carry. */
export type ScriptOrder = { dir: string; marker: string; command: string[]; cwd: string; env: Record<string, string> }
export type StartedScript = { dir: string; marker: string; bootId: string }

/**
 * `budgetMs`: until the script is ended; `graceMs`: between SIGTERM and SIGKILL; `signal`: the agent ends, the
 * script goes on; `killing`: it is ended now, for the reason that the signal has. `onOutput` is called about once a second, and a last
 * time when the script has ended.
 */
export type Supervision = {
  budgetMs: number
  graceMs: number
  signal: AbortSignal
  killing: AbortSignal
  onOutput: (tail: Tail, last: boolean) => void
}

/** How often output is looked at, and a status that no watch has announced. */
const LOOK_MS = 1000
const WRAPPER = fileURLToPath(new URL('./run-step.sh', import.meta.url))
/** Files that say why a script is ended. Each is there before the first signal: an agent that dies in between leaves it known whose doing it is. */
const MARKS = ['timed-out', 'killed'] as const
type Mark = (typeof MARKS)[number]

type End =
  | { kind: 'exited'; status: number }
  | { kind: Mark; left: number[] }
  | { kind: 'lost' }
  | { kind: 'never-ran' }
  | { kind: 'agent-ends' }

/** Starts the script and waits for it. Null: the agent ends first. */
export async function runScript(order: ScriptOrder, supervision: Supervision): Promise<Outcome | null> {
  const { dir, command, cwd, env } = order
  await makeDirectory(dir, 0o700)
  const wake = wakeOn(dir, ['status'])
  try {
    const wrapper = startWrapper([WRAPPER, dir, ...command], { cwd, env }, wake)
    const end = await follow(order, supervision, wake, () => wrapper.starting)
    if (end.kind === 'never-ran' && !supervision.killing.aborted) {
      return { kind: 'failed', exitCode: -1, message: `could not be started in ${cwd}: ${wrapper.problem}` }
    }
    return await outcomeOf(dir, end, supervision)
  } finally {
    wake.close()
  }
}

/** Finds out what became of a script that was to be started, and waits for it if it still runs. Null: the agent ends first. */
export async function attachScript({ dir, marker, bootId }: StartedScript, supervision: Supervision): Promise<Outcome | null> {
  await makeDirectory(dir, 0o700)
  if (bootId !== BOOT_ID) return await outcomeOf(dir, await endBeforeReboot(dir), supervision)
  const wake = wakeOn(dir, ['status'])
  try {
    return await outcomeOf(dir, await follow({ dir, marker }, supervision, wake, () => false), supervision)
  } finally {
    wake.close()
  }
}

type Wrapper = { starting: boolean; problem: string }

/** `starting` stays true until the wrapper has ended: as long as it lives it may take its ticket. */
function startWrapper(args: string[], options: { cwd: string; env: Record<string, string> }, wake: Wake): Wrapper {
  const wrapper = { starting: true, problem: 'the wrapper ended without a ticket' }
  const ended = (problem?: string): void => {
    Object.assign(wrapper, { starting: false }, problem === undefined ? {} : { problem })
    wake.wake()
  }
  const child = spawn('/bin/sh', args, { ...options, detached: true, stdio: 'ignore' })
  child.once('error', ({ message }) => ended(message))
  child.once('exit', () => ended())
  child.unref()
  return wrapper
}

async function follow({ dir, marker }: Pick<ScriptOrder, 'dir' | 'marker'>, supervision: Supervision, wake: Wake, starting: () => boolean): Promise<End> {
  const { budgetMs, graceMs, signal, killing, onOutput } = supervision
  const deadlineMs = monotonicMs() + budgetMs
  const onAbort = (): void => wake.wake()
  for (const one of [signal, killing]) one.addEventListener('abort', onAbort)
  try {
    for (;;) {
      const mayStart = starting()
      const found = await inspect(dir)
      const leftMs = deadlineMs - monotonicMs()
      if (found.kind === 'forestalled') return { kind: 'never-ran' }
      if (found.kind === 'unstarted' && (!mayStart || leftMs <= 0 || killing.aborted)) {
        if (await forestall(dir)) return { kind: 'never-ran' }
        continue
      }
      const mark = await markOf(dir)
      if (mark) {
        const leader = 'wrapper' in found ? found.wrapper : null
        return { kind: mark, left: await endFamily({ leader, marker }, graceMs) }
      }
      if (found.kind === 'exited' || found.kind === 'lost') return found
      if (signal.aborted) return { kind: 'agent-ends' }
      if (killing.aborted) await writeFile(join(dir, 'killed'), '')
      else if (leftMs <= 0) await writeFile(join(dir, 'timed-out'), '')
      else await wake.wait(Math.min(LOOK_MS, leftMs))
      onOutput(await readTail(outputOf(dir)), false)
    }
  } finally {
    for (const one of [signal, killing]) one.removeEventListener('abort', onAbort)
  }
}

/** Nothing of an earlier boot lives, and a ticket that is not there proves nothing: perhaps it was never written back to the disk. */
async function endBeforeReboot(dir: string): Promise<End> {
  const mark = await markOf(dir)
  if (mark) return { kind: mark, left: [] }
  const found = await inspect(dir)
  return found.kind === 'exited' ? found : { kind: 'lost' }
}

async function outcomeOf(dir: string, end: End, { killing, onOutput }: Supervision): Promise<Outcome | null> {
  if (end.kind === 'agent-ends') return null
  const tail = await readTail(outputOf(dir))
  onOutput(tail, true)
  switch (end.kind) {
    case 'exited':
      return exited(end.status, tail)
    case 'timed-out':
      return timedOut(end.left, tail)
    case 'killed':
      return killed(String(killing.reason), end.left)
    case 'lost':
      return { kind: 'unknown', message: 'it was started, and is gone without a status' }
    case 'never-ran':
      return killing.aborted ? killed(String(killing.reason), []) : { kind: 'never-ran' }
    default:
      return end satisfies never
  }
}

async function markOf(dir: string): Promise<Mark | null> {
  const there = await Promise.all(MARKS.map((mark) => stat(join(dir, mark)).then(() => true, () => false)))
  return MARKS.find((_mark, index) => there[index]) ?? null
}

/** Where a run's output lies, in its own directory. */
export function outputOf(dir: string): string {
  return join(dir, 'output')
}
