/**
 * A network namespace of the lab, named `mlab<pid>-<name>` after the process that made it: whoever comes later can tell what was left behind. Removing one ends all
 * that runs in it, and with it every interface that it held.
 */
import { existsSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandLine } from './command.ts'

const NAMESPACES = '/run/netns'
const PREFIX = 'mlab'
const ENDS_WITHIN_MS = 5000
const LOOK_EVERY_MS = 20

/** @returns its full name */
export function addNamespace(name: string): string {
  const full = `${PREFIX}${process.pid}-${name}`
  commandLine(`ip netns add ${full}`)
  commandLine(`ip -n ${full} link set dev lo up`)
  return full
}

/** What has to come before a command, so that it runs there. */
export function within(namespace: string): string[] {
  return ['ip', 'netns', 'exec', namespace]
}

/** Why none can be made here; null: they can. */
export function whyNoNamespaces(): string | null {
  if (process.getuid?.() !== 0) return 'network namespaces take root'
  try {
    removeNamespace(addNamespace('try'))
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** Kills what runs in all namespaces of this process, and removes them; may be called at any time, also as the process exits. */
export function removeOwn(): void {
  removeAll((pid) => pid === process.pid)
}

/** Those of processes that are gone: killed ones clean up nothing. */
export function removeLeftovers(): void {
  removeAll((pid) => !existsSync(`/proc/${pid}`))
}

/** Resolves when nothing runs there any more. */
export async function emptied(namespace: string): Promise<void> {
  const deadline = performance.now() + ENDS_WITHIN_MS
  while (killAll(namespace) > 0) {
    if (performance.now() > deadline) throw new Error(`not within ${ENDS_WITHIN_MS} ms: an end of all that runs in ${namespace}`)
    await sleep(LOOK_EVERY_MS)
  }
}

function removeAll(isMeant: (pid: number) => boolean): void {
  const names = existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : []
  for (const name of names) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (pid !== undefined && isMeant(Number(pid))) removeNamespace(name)
  }
}

function removeNamespace(namespace: string): void {
  killAll(namespace)
  commandLine(`ip netns del ${namespace}`)
}

/** @returns how many there were */
function killAll(namespace: string): number {
  const pids = commandLine(`ip netns pids ${namespace}`).split('\n').filter((line) => line !== '').map(Number)
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  return pids.length
}
