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
export async function endFamily(family: Family, graceMs: number): Promise<number[]> {
  const session = family.leader && (await isAlive(family.leader)) ? family.leader.pid : null
  const left = await signalUntilGone(family.marker, session, 'SIGTERM', graceMs)
  return left.length === 0 ? left : await signalUntilGone(family.marker, session, 'SIGKILL', KILL_WAIT_MS)
}

/** Signals each process once, because a second SIGTERM means "now!" to many programs. */
async function signalUntilGone(marker: string, session: number | null, signal: NodeJS.Signals, withinMs: number): Promise<number[]> {
  const deadlineMs = monotonicMs() + withinMs
  const signalled = new Set<string>()
  for (;;) {
    const members = await membersOf(marker, session)
    for (const { pid, startTicks } of members) {
      const identity = `${pid} ${startTicks}`
      if (!signalled.has(identity)) send(pid, signal)
      signalled.add(identity)
    }
    if (members.length === 0 || monotonicMs() >= deadlineMs) return members.map(({ pid }) => pid)
    await delay(KILL_POLL_MS)
  }
}

async function membersOf(marker: string, session: number | null): Promise<ProcessId[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 1 && pid !== process.pid)
  const members = await Promise.all(pids.map((pid) => memberOrNull(pid, marker, session)))
  return members.filter((member) => member !== null)
}

async function memberOrNull(pid: number, marker: string, session: number | null): Promise<ProcessId | null> {
  const stat = await readStat(pid)
  if (!stat) return null
  if (stat.session === session) return stat
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
  return environment.split('\0').includes(marker) ? stat : null
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
