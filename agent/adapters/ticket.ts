/**
 * The files of one run of a script, and what they say. Owns the reading of the ticket: whether the script has ended, runs, has gone
 * without a word, or was never started. `run-step.sh` is the writer.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, parseStat } from './processes.ts'
import type { ProcessId } from './processes.ts'

export type Found =
  | { kind: 'exited'; status: number }
  | { kind: 'running'; wrapper: ProcessId }
  /** It was started, its wrapper is no more, and there is no status. */
  | { kind: 'lost'; wrapper: ProcessId }
  /** Nobody has taken the ticket: it may still be about to start. */
  | { kind: 'unstarted' }
  /** An agent has taken the ticket: it never ran, and never will. */
  | { kind: 'forestalled' }

const AGENT = 'agent\n'

export async function inspect(dir: string): Promise<Found> {
  const ended = await readStatus(dir)
  if (ended) return ended
  const ticket = await readIfThere(join(dir, 'ticket'))
  if (ticket === null) return { kind: 'unstarted' }
  // a wrapper's ticket is linked whole, so one that names no process is an agent's, be it cut short
  const wrapper = parseStat(ticket)
  if (!wrapper) return { kind: 'forestalled' }
  if (await isAlive(wrapper)) return { kind: 'running', wrapper }
  return (await readStatus(dir)) ?? { kind: 'lost', wrapper }
}

/** Takes the ticket for the agent. True: the script has not run and never will under it. */
export async function forestall(dir: string): Promise<boolean> {
  try {
    await writeFile(join(dir, 'ticket'), AGENT, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function readStatus(dir: string): Promise<Found | null> {
  const status = (await readIfThere(join(dir, 'status')))?.trim() ?? ''
  return /^\d+$/.test(status) ? { kind: 'exited', status: Number(status) } : null
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
