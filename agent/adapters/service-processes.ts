/**
 * The processes of one service in one place: those that carry its marks, and the sessions of the daemons whose pid files lie in its shared
 * directory. Never another service's, nor one of the same name in another place; a script that runs once is no part of the service either.
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BOOT_ID } from './clock.ts'
import { endAll, identify, processes } from './processes.ts'
import type { Process } from './processes.ts'

/** Of a script that runs once, and of what it has started; a daemon that it leaves has no ticket any more. */
const SCRIPT_TICKET = /^MUSTER_TICKET=.*-run(@|$)/

/** `path`: where it really lives. */
export type Place = { service: string; path: string }

/** Ends them all, and has nobody start them again: SIGTERM, SIGKILL after `graceMs`. Returns the pids that even that did not end. */
export async function endService(place: Place, graceMs: number): Promise<number[]> {
  await removeLaunchers(place)
  const sessions = new Set(await daemonSessions(place))
  return await endAll((one) => belongs(one, place, sessions), graceMs)
}

export async function serviceProcesses(place: Place): Promise<Process[]> {
  const sessions = new Set(await daemonSessions(place))
  return (await processes()).filter((one) => belongs(one, place, sessions))
}

/** systemd starts what it keeps after a crash, as long as its launcher is there (deploy-scripts/systemd/service.unit). */
async function removeLaunchers({ path }: Place): Promise<void> {
  for (const launcher of await runFiles(path, '.launch')) await rm(launcher, { force: true })
}

async function runFiles(path: string, ending: string): Promise<string[]> {
  const dir = join(path, 'shared/run')
  const names = await readdir(dir).catch(() => [])
  return names.filter((name) => name.endsWith(ending)).map((name) => join(dir, name))
}

function belongs({ session, environment }: Process, place: Place, sessions: ReadonlySet<number>): boolean {
  const whose = marksOf(environment, place)
  return whose === 'ours' || (whose === 'none' && sessions.has(session))
}

function marksOf(environment: readonly string[], { service, path }: Place): 'ours' | 'others' | 'none' {
  const marks = environment.filter((entry) => /^MUSTER_(SERVICE|PATH)=/.test(entry))
  if (marks.length === 0) return 'none'
  const isScript = environment.some((entry) => SCRIPT_TICKET.test(entry))
  const isOurs = marks.includes(`MUSTER_SERVICE=${service}`) && marks.includes(`MUSTER_PATH=${path}`) && !isScript
  return isOurs ? 'ours' : 'others'
}

/**
 * The service's account can write anything into a pid file. So one is believed only while number, start and boot agree and the process has the
 * account of the file's owner, who could have signalled it anyway.
 */
async function daemonSessions({ path }: Place): Promise<number[]> {
  return (await Promise.all((await runFiles(path, '.pid')).map(sessionOf))).filter((pid) => pid !== null)
}

async function sessionOf(file: string): Promise<number | null> {
  const [pid = '', startTicks, bootId] = (await readFile(file, 'latin1').catch(() => '')).trim().split(' ')
  if (!/^[1-9][0-9]*$/.test(pid) || bootId !== BOOT_ID) return null
  const found = await identify(Number(pid))
  const [owner, runner] = await Promise.all([ownerOf(file), ownerOf(join('/proc', pid))])
  return found?.startTicks === startTicks && owner !== null && owner === runner ? Number(pid) : null
}

async function ownerOf(path: string): Promise<number | null> {
  return (await stat(path).catch(() => null))?.uid ?? null
}
