/**
 * Processes that belong to a directory: those that work in it, and those that a deployment started from it (a MUSTER_ variable of theirs
 * names a place in it). A process with a terminal is somebody's shell or editor, and is never among them. Linux only: it reads /proc.
 */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

export const END_WITHIN_MS = 5000
const LOOK_AGAIN_MS = 100
/** Of the fields that follow the name in /proc/PID/stat. */
const STATE = 0
const PARENT = 1
const TERMINAL = 4

/** Ends them: SIGTERM, then after `withinMs` SIGKILL. @returns the pids of those that even that has not ended */
export async function endProcessesUnder(dirs: readonly string[], withinMs = END_WITHIN_MS): Promise<number[]> {
  for (const [signal, waitMs] of [['SIGTERM', withinMs], ['SIGKILL', END_WITHIN_MS]] as const) {
    const signalled = new Set<number>()
    const deadlineMs = Date.now() + waitMs
    for (;;) {
      const pids = await processesUnder(dirs)
      if (pids.length === 0) return []
      for (const pid of pids) if (!signalled.has(pid)) send(pid, signal)
      for (const pid of pids) signalled.add(pid)
      if (Date.now() > deadlineMs) break
      await sleep(LOOK_AGAIN_MS)
    }
  }
  return processesUnder(dirs)
}

export async function processesUnder(dirs: readonly string[]): Promise<number[]> {
  const names = await readdir('/proc').catch((): string[] => [])
  const ours = await ancestors()
  const found: number[] = []
  for (const pid of names.filter((name) => /^\d+$/.test(name)).map(Number)) {
    if (!ours.has(pid) && await belongsTo(pid, dirs)) found.push(pid)
  }
  return found
}

async function belongsTo(pid: number, dirs: readonly string[]): Promise<boolean> {
  const isUnder = (path: string) => dirs.some((dir) => path === dir || path.startsWith(`${dir}/`))
  const stat = await statOf(pid)
  if (stat === null || stat[STATE] === 'Z' || stat[TERMINAL] !== '0') return false
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '')
  if (isUnder(cwd.replace(/ \(deleted\)$/, ''))) return true
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
  return environment.split('\0').some((entry) => entry.startsWith('MUSTER_') && isUnder(entry.slice(entry.indexOf('=') + 1)))
}

/** This process and those that it descends from. */
async function ancestors(): Promise<Set<number>> {
  const pids = new Set<number>()
  for (let pid = process.pid; pid > 0 && !pids.has(pid);) {
    pids.add(pid)
    pid = Number((await statOf(pid))?.[PARENT] ?? 0)
  }
  return pids
}

/** The fields after the process's name, which may itself have spaces and parentheses. Null: it is gone. */
async function statOf(pid: number): Promise<string[] | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has just ended, or it is another user's: the next look tells.
  }
}
