/**
 * node_modules agrees with package-lock.json. npm keeps a record of what it has put there (node_modules/.package-lock.json,
 * written last), so a half-finished install, a changed lock and an install by hand are all told apart without a stamp of our own.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, SYSTEM_PATH } from './checkout.mjs'
import { failureOf } from './failure.mjs'

const INSTALL_TIMEOUT_MS = 15 * 60_000
const OUTPUT_BYTES = 16 * 1024 * 1024

/** @typedef {{ version?: string, optional?: boolean }} Locked */

/** Whether something that the lock asks for is missing or has another version. */
export function dependencyGap() {
  const wanted = packagesOf('package-lock.json')
  const present = packagesOf('node_modules/.package-lock.json')
  return Object.entries(wanted).some(([path, { version, optional }]) => {
    const installed = present[path]
    if (path === '' || (installed === undefined && optional)) return false
    return installed?.version !== version
  })
}

/** @param {string} file @returns {Record<string, Locked>} nothing when the file is missing */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages
  } catch {
    return {}
  }
}

/** Development dependencies too, whatever NODE_ENV says: the tests, the demo and the current Node are among them. */
export function installDependencies() {
  console.log('Installing dependencies…')
  const run = spawnSync('npm', ['ci', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: ROOT,
    env: { ...process.env, PATH: SYSTEM_PATH },
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
    maxBuffer: OUTPUT_BYTES,
  })
  if (run.status !== 0) throw failureOf('Muster needs its npm packages, and `npm ci` failed:', run)
}
