/** One daemon of `muster dev`: a process of its own, its output in a log file, started again when it dies, gone when it is stopped. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync } from 'node:fs'
import type { WriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

export const STOP_WITHIN_MS = 15_000
export const RESTART_AFTER_MS = 500
/** One that dies more often than this cannot be helped by starting it again. */
export const MAX_RESTARTS = 20
const LAST_LINES = 5

export const MUSTER = new URL('../../bin/muster', import.meta.url).pathname
/** Where there is one, it replaces itself by the daemon after it has asked the kernel to end that with `muster dev`, however that dies. */
const SETPRIV = '/usr/bin/setpriv'
const GUARD = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'TERM', '--'] : []

export type DaemonOptions = {
  name: string
  args: string[]
  cwd: string
  logFile: string
  onLine: (name: string, line: string) => void
  /** It is dead and stays dead, though nobody has stopped it. */
  onDeath: (reason: string) => void
}

export class Daemon {
  readonly #options: DaemonOptions
  readonly #log: WriteStream
  readonly #lastLines: string[] = []
  #child: ChildProcess | null = null
  #restarts = 0
  #stopping = false
  #keptAlive = false

  constructor(options: DaemonOptions) {
    this.#options = options
    this.#log = createWriteStream(options.logFile, { flags: 'a' })
    this.#log.on('error', (error) => options.onLine(options.name, `its log cannot be written: ${error.message}`))
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  start(): void {
    const { name, args, cwd, onDeath } = this.#options
    const [command = MUSTER, ...rest] = [...GUARD, MUSTER, ...args]
    // A session of its own: Ctrl-C reaches `muster dev` alone, which stops its daemons in order.
    const child = spawn(command, rest, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) this.#read(stream)
    child.once('error', (error) => onDeath(`${name} cannot be started: ${error.message}`))
    child.once('close', (code, signal) => this.#ended(signal ?? `exit code ${code}`))
  }

  /** From now on it is started again when it dies. Before, its death is final: it has never been well. */
  keepAlive(): void {
    this.#keptAlive = true
  }

  /** SIGTERM, and SIGKILL after `withinMs` or when `hurry` aborts. Resolves when it is gone. */
  async stop(hurry: AbortSignal, withinMs = STOP_WITHIN_MS): Promise<void> {
    this.#stopping = true
    const child = this.#child
    if (child !== null && child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      const late = AbortSignal.any([hurry, AbortSignal.timeout(withinMs)])
      const kill = () => child.kill('SIGKILL')
      if (late.aborted) kill()
      late.addEventListener('abort', kill, { once: true })
      await gone
      late.removeEventListener('abort', kill)
    }
    this.#log.end()
  }

  #read(stream: Readable): void {
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
      if (!this.#log.writableEnded) this.#log.write(`${line}\n`)
      this.#lastLines.push(line)
      if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift()
      if (!this.#stopping) this.#options.onLine(this.#options.name, line)
    })
  }

  #ended(how: string): void {
    const { name, onLine, onDeath } = this.#options
    if (this.#stopping) return
    if (!this.#keptAlive || this.#restarts >= MAX_RESTARTS) return onDeath(`${name} ended (${how}): ${this.#lastLines.join(' | ') || 'without a word'}`)
    this.#restarts++
    onLine(name, `ended (${how}); starting it again`)
    void sleep(RESTART_AFTER_MS).then(() => {
      if (!this.#stopping) this.start()
    })
  }
}
