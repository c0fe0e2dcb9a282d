/** Programs that others have made, from Debian, where they are missing. What is installed here is not started: a daemon would take a port of the machine's. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

const INSTALL_TIMEOUT_MS = 10 * 60_000
/** Asked before a package starts its daemons; 101: they are not to be started. */
const POLICY = '/usr/sbin/policy-rc.d'

/** @param packages by the shell command that succeeds once it is there. @returns whether everything is there now */
export function areThere(packages: Readonly<Record<string, string>>): boolean {
  const missing = Object.entries(packages).filter(([probe]) => !succeeds(probe)).map(([, name]) => name)
  if (missing.length === 0) return true
  if (process.getuid?.() !== 0) return false
  const isOurs = !existsSync(POLICY)
  if (isOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { timeout: INSTALL_TIMEOUT_MS }).status === 0
  } finally {
    if (isOurs) rmSync(POLICY)
  }
}

function succeeds(probe: string): boolean {
  return spawnSync('sh', ['-c', probe]).status === 0
}
