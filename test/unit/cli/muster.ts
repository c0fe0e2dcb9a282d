/** Runs `muster` in this process, in a world of its own, and keeps what it printed. */
import { Readable, Writable } from 'node:stream'
import { runMuster } from '../../../cli/invocation.ts'
import type { ExitCode } from '../../../cli/exit.ts'
import type { Out } from '../../../cli/world.ts'
import { NOON_MS } from './fixtures.ts'

/** What the clock says in that world: two minutes past noon. */
export const NOW_MS = NOON_MS + 120_000

export type Ran = { code: ExitCode; stdout: string; stderr: string }
export type Settings = { url?: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal; stdin?: string; nowMs?: number; terminal?: { columns: number; rows: number }; onOutput?: (soFar: string) => void }

/** `argv` as it would be typed, without `muster`; words are separated by single spaces. */
export async function muster(argv: string | readonly string[], { url, env, signal, stdin = '', nowMs = NOW_MS, terminal, onOutput }: Settings = {}): Promise<Ran> {
  const stdout = new Collected(terminal ?? null, onOutput)
  const stderr = new Collected(null)
  const world = {
    stdin: Readable.from([stdin]), stdout: stdout as Out, stderr: stderr as Out, signal: signal ?? new AbortController().signal, now: () => nowMs,
    env: { USER: 'alice', XDG_CONFIG_HOME: '/dev/null/nobody', ...(url === undefined ? {} : { MUSTER_URL: url }), ...env },
  }
  const words = typeof argv === 'string' ? argv.split(' ').filter((word) => word !== '') : argv
  const code = await runMuster(words, world)
  return { code, stdout: stdout.text, stderr: stderr.text }
}

class Collected extends Writable {
  text = ''
  readonly isTTY: boolean
  readonly columns: number | undefined
  readonly rows: number | undefined
  readonly #onOutput: ((soFar: string) => void) | undefined

  constructor(terminal: { columns: number; rows: number } | null, onOutput?: (soFar: string) => void) {
    super({ decodeStrings: false })
    this.isTTY = terminal !== null
    this.columns = terminal?.columns
    this.rows = terminal?.rows
    this.#onOutput = onOutput
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
    this.#onOutput?.(this.text)
  }
}
