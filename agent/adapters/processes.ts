/** Processes as /proc shows them, told from later ones with the same number by their start time; and how those of a step are ended. */
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from './clock.ts'

export type ProcessId = { pid: number; startTicks: string }
type Stat = ProcessId & { state: string; session: number }

/** Processes that SIGKILL has not ended by then hang in the kernel: they are reported, not waited for. */
const KILL_WAIT_MS = 5000
const KILL_POLL_MS = 50

/** The fields of a line of /proc/<pid>/stat; null when it is none. The name in brackets may hold anything, brackets too. */
export function parseStat(text: string): Stat | null {
  const pid = Number.parseInt(text, 10)
  const [state, , , session, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const startTicks = rest[15]
  if (!(pid > 0) || !state || !session || !startTicks) return null
  return { pid, state, session: Number(session), startTicks }
}

/** Whether this very process lives. A zombie does not. */
export async function isAlive({ pid, startTicks }: ProcessId): Promise<boolean> {
  const stat = await readStat(pid)
  return stat?.startTicks === startTicks
}

/** The identity of a living process; null when there is none of that number. */
export async function identify(pid: number): Promise<ProcessId | null> {
  const stat = await readStat(pid)
  return stat && { pid, startTicks: stat.startTicks }
}

/** Which processes are a step's: all of the session that its wrapper leads, and all that carry its marker in their environment. */
export type Family = { leader: ProcessId | null; marker: string }

/**
 * SIGTERM to a step's processes, SIGKILL to those that are left after `graceMs`, also to such as appear meanwhile. Returns the
 * pids that even that did not end. A session is asked for by number only while its leader lived when this began.
 */
export async function endFamily({ leader, marker }: Family, graceMs: number): Promise<number[]> {
  const session = leader && (await isAlive(leader)) ? leader.pid : null
  return await endAll((one) => one.session === session || one.environment.includes(marker), graceMs)
}

/** The same for all processes that `belongs` says yes to. */
export async function endAll(belongs: Belongs, graceMs: number): Promise<number[]> {
  const left = await signalUntilGone(belongs, 'SIGTERM', graceMs)
  return left.length === 0 ? left : await signalUntilGone(belongs, 'SIGKILL', KILL_WAIT_MS)
}

/** `environment` is what it was started with, as NAME=VALUE; empty when it is not ours to see. */
export type Process = ProcessId & { session: number; environment: string[] }
export type Belongs = (process: Process) => boolean

/** Every process but this one, in no order. */
export async function processes(): Promise<Process[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 1 && pid !== process.pid)
  return (await Promise.all(pids.map(readProcess))).filter((found) => found !== null)
}

/** Signals each process once, because a second SIGTERM means "now!" to many programs. */
async function signalUntilGone(belongs: Belongs, signal: NodeJS.Signals, withinMs: number): Promise<number[]> {
  const deadlineMs = monotonicMs() + withinMs
  const signalled = new Set<string>()
  for (;;) {
    const members = (await processes()).filter(belongs)
    for (const { pid, startTicks } of members) {
      const identity = `${pid} ${startTicks}`
      if (!signalled.has(identity)) send(pid, signal)
      signalled.add(identity)
    }
    if (members.length === 0 || monotonicMs() >= deadlineMs) return members.map(({ pid }) => pid)
    await delay(KILL_POLL_MS)
  }
}

async function readProcess(pid: number): Promise<Process | null> {
  const stat = await readStat(pid)
  if (!stat) return null
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
  return { ...stat, environment: environment.split('\0') }
}

async function readStat(pid: number): Promise<Stat | null> {
  const stat = parseStat(await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ''))
  return stat && stat.state !== 'Z' && stat.state !== 'X' ? stat : null
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // gone already, or not ours to end: the next look says which
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
