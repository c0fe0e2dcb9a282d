/** One daemon of a fleet: a real process of `bin/muster` that can be killed, ended and started again. Its output goes to a file. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { until } from './until.ts'

export const MUSTER = fileURLToPath(new URL('../../../bin/muster', import.meta.url))

/** A daemon that takes longer to end when it is asked to is a bug, and is killed. */
const END_WITHIN_MS = 30_000

/** `within`: a command that runs another one, which follows it, somewhere else; in the same process. */
export type DaemonOptions = { logFile: string; env?: NodeJS.ProcessEnv; within?: readonly string[] }

export class Daemon {
  readonly #options: DaemonOptions
  #child: ChildProcess | null = null
  /** What the log had before the present process. */
  #logged = 0

  constructor(options: DaemonOptions) {
    this.#options = options
  }

  start(args: readonly string[]): void {
    const { logFile, env = process.env, within = [] } = this.#options
    const log = openSync(logFile, 'a')
    this.#logged = readFileSync(logFile).length
    const [program, ...rest] = [...within, MUSTER, ...args]
    this.#child = spawn(program!, rest, { env, stdio: ['ignore', log, log] })
    closeSync(log)
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** What the present process has said so far. */
  get output(): string {
    return readFileSync(this.#options.logFile).subarray(this.#logged).toString()
  }

  /** The first entry of the present process's log with this message. @throws when the process ends without it */
  async logged(msg: string): Promise<Record<string, unknown>> {
    const found = await until(`"${msg}" in ${this.#options.logFile}`, () => {
      const isRunning = this.isRunning
      return entriesOf(this.output).find((entry) => entry['msg'] === msg) ?? (isRunning ? null : 'ended')
    })
    if (found === 'ended') throw new Error(`ended without saying "${msg}":\n${this.output}`)
    return found
  }

  /** kill -9. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Asks it to end. @returns its exit code; null when it had to be killed */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    if (child === null) return null
    if (this.isRunning) {
      const ended = once(child, 'exit')
      child.kill(signal)
      const force = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS)
      await ended
      clearTimeout(force)
    }
    return child.exitCode
  }
}

function entriesOf(output: string): Record<string, unknown>[] {
  return output.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Record<string, unknown>]
    } catch {
      return []
    }
  })
}
