/** One set-up at a time in a checkout. The lock names its holder's process, so that one left by a killed set-up is taken over. */
import { linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT } from './checkout.mjs'
import { SetupError } from './failure.mjs'

const FOLDER = join(ROOT, '.muster')
const LOCK = join(FOLDER, 'setup.lock')
const POLL_MS = 200
const PATIENCE_MS = 20 * 60_000

/**
 * Runs `work` while no other set-up of this checkout runs; waits for one that does.
 * @param {() => void} work
 */
export async function withSetupLock(work) {
  const deadline = Date.now() + PATIENCE_MS
  while (!take()) {
    if (Date.now() > deadline) throw new SetupError(`Another set-up (process ${holder()}) has not ended. If it hangs, end it and try again.`)
    await sleep(POLL_MS)
  }
  try {
    work()
  } finally {
    give()
  }
}

function give() {
  rmSync(LOCK, { force: true })
  try {
    rmdirSync(FOLDER)
  } catch {
    // somebody else waits in it, or keeps data there
  }
}

/** Linked into place, so that the lock never exists without its holder's number. */
function take() {
  const mine = `${LOCK}.${process.pid}`
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(mine, String(process.pid))
  try {
    linkSync(mine, LOCK)
    return true
  } catch {
    if (!runs(holder())) rmSync(LOCK, { force: true })
    return false
  } finally {
    rmSync(mine, { force: true })
  }
}

/** 0 when the lock has just been given up. */
function holder() {
  try {
    return Number(readFileSync(LOCK, 'utf8'))
  } catch {
    return 0
  }
}

/** @param {number} pid */
function runs(pid) {
  if (pid === 0) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
