/** One service on a host: its directories, the environment that the agent documents, and its steps run by real bash. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'

export const SCRIPTS = fileURLToPath(new URL('../../../deploy-scripts', import.meta.url))
export const WEB = `'${process.execPath}' '${fileURLToPath(new URL('./fixtures/web.ts', import.meta.url))}'`
const STEP_TIMEOUT_MS = 20_000

export type Environment = Record<string, string>
export type Ended = { status: number; output: string; lastLine: string }
export type StepName = 'stop' | 'start' | 'check'
export type Service = ReturnType<typeof createService>

/** `standing` is in the environment of all that runs for this service. */
export function createService(name = 'web', standing: Environment = {}) {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'muster-scripts-')))
  const releaseDir = join(path, 'releases/1.0.0-abc')
  const sharedDir = join(path, 'shared')
  mkdirSync(releaseDir, { recursive: true })
  mkdirSync(sharedDir)
  symlinkSync('releases/1.0.0-abc', join(path, 'current'))
  const pidFile = join(sharedDir, `run/${name}.pid`)
  const logFile = join(sharedDir, `log/${name}.log`)

  const environment: Environment = {
    PATH: process.env['PATH'] ?? '', HOME: path, LANG: 'C.UTF-8',
    MUSTER_SERVICE: name, MUSTER_VERSION: '1.0.0', MUSTER_REVISION: 'abc', MUSTER_PREVIOUS_VERSION: '', MUSTER_HOST: 'h1',
    MUSTER_PATH: path, MUSTER_RELEASE_DIR: join(path, 'current'), MUSTER_CURRENT: join(path, 'current'), MUSTER_SHARED_DIR: sharedDir,
    MUSTER_CMD_DIR: '', MUSTER_DEPLOY_UTILS: join(SCRIPTS, 'deploy-utils.sh'),
    MUSTER_ROLLOUT: `${name}-1`, MUSTER_COMMAND: `${name}-1/h1/1`, MUSTER_TICKET: `ticket-of-${path}`,
    MUSTER_RUN: WEB, MUSTER_CHECK_KIND: 'none', MUSTER_CHECK_TARGET: '', MUSTER_CHECK_WITHIN_MS: '10000', MUSTER_CHECK_FOR_MS: '0',
    MUSTER_SETTLE_MS: '50', MUSTER_STOP_WITHIN_MS: '5000', MUSTER_PROBE_EVERY_MS: '50', ...standing,
  }

  return {
    name, path, releaseDir, sharedDir, pidFile, logFile, environment,
    step: (step: StepName, extra: Environment = {}) => run(join(SCRIPTS, 'steps', step), [], releaseDir, { ...environment, MUSTER_STEP: step, ...extra }),
    /** Starts a step without waiting for its end. */
    begin: (step: StepName, extra: Environment = {}): ChildProcess =>
      spawn(join(SCRIPTS, 'steps', step), { cwd: releaseDir, env: { ...environment, MUSTER_STEP: step, ...extra }, stdio: 'ignore' }),
    /** Runs lines of bash with deploy-utils at hand, as a script of a cmd package would. */
    script: (lines: string, extra: Environment = {}) =>
      run('bash', ['-c', `set -euo pipefail; source "$MUSTER_DEPLOY_UTILS"\n${lines}`], releaseDir, { ...environment, ...extra }),
    /** Of the main process of a daemon, as its pid file says. */
    pid: (daemon = name) => Number(readFileSync(join(sharedDir, `run/${daemon}.pid`), 'utf8').split(' ', 1)[0]),
    log: (daemon = name) => readFileSync(join(sharedDir, `log/${daemon}.log`), 'utf8'),
    /** The port that the service listens on, once it does. */
    port: () => appears(join(sharedDir, 'port')),
    async remove() {
      await run(join(SCRIPTS, 'steps/stop'), [], path, { ...environment, MUSTER_STOP_WITHIN_MS: '100' })
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** The content of a file that somebody is about to write. */
export function appears(file: string): Promise<string> {
  return vi.waitFor(() => readFileSync(file, 'utf8').trim(), { timeout: 10_000, interval: 10 })
}

/** False for a zombie too: nobody may be there to reap it. */
export function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false
  return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** The variables that a process was started with. */
export function environmentOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
}

function run(command: string, args: string[], cwd: string, env: Environment): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { cwd, env, timeout: STEP_TIMEOUT_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error !== null && child.exitCode === null) return reject(error)
      const output = stdout + stderr
      resolve({ status: child.exitCode ?? 0, output, lastLine: output.trimEnd().split('\n').at(-1) ?? '' })
    })
  })
}
