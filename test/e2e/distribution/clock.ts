/** A clock that a test turns, for processes that are started with its environment: libfaketime, from Debian's package `faketime`. */
import { existsSync, writeFileSync } from 'node:fs'

const LIBRARY = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`

export const canTurnClocks = existsSync(LIBRARY)

export class Clock {
  readonly #file: string

  /** @param file a place of its own */
  constructor(file: string) {
    this.#file = file
    this.turn(0)
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: this.#file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' }
  }

  /** So many minutes from the true time; timers go on as before. */
  turn(minutes: number): void {
    writeFileSync(this.#file, `${minutes < 0 ? '' : '+'}${minutes * 60}`)
  }
}
