/** A Node that strips types is at node_modules/.bin/node, first on the path of every npm script, whatever the system has. */
import { spawnSync } from 'node:child_process'
import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { BIN, SYSTEM_PATH } from './checkout.mjs'
import { SetupError } from './failure.mjs'

const OLDEST_MAJOR = 24
const ANSWER_TIMEOUT_MS = 10_000
const NODE = join(BIN, 'node')

/** Whether node_modules/.bin/node is missing, too old, or does not run here. */
export function nodeGap() {
  return majorOf(NODE) < OLDEST_MAJOR
}

/**
 * The npm package `node` fetches its binary in an install script. Where that was not run, or the binary does not suit the
 * system (it needs glibc), a new enough Node of the system takes its place.
 */
export function provideNode() {
  const system = spawnSync('node', ['-p', 'process.execPath'], { encoding: 'utf8', env: { ...process.env, PATH: SYSTEM_PATH } }).stdout?.trim()
  if (!system || majorOf(system) < OLDEST_MAJOR) {
    throw new SetupError(
      `Muster needs Node ${OLDEST_MAJOR} or later, and the npm package \`node\` that brings it has not been able to install it.\n` +
      'Where npm does not run install scripts, run: npm rebuild node --ignore-scripts=false\n' +
      `Else put a Node ${OLDEST_MAJOR} or later on the PATH.`,
    )
  }
  rmSync(NODE, { force: true })
  symlinkSync(system, NODE)
}

/** @param {string} node @returns {number} 0 when it does not run */
function majorOf(node) {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: ANSWER_TIMEOUT_MS })
  return Number(/^v(\d+)\./.exec(stdout ?? '')?.[1] ?? 0)
}
