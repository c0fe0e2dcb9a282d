/** What people like to watch while a host is at work: tails of outputs, bytes of a fetch. Best effort: nothing fails with it. */
import type { Logger } from 'pino'
import { OUTPUT_TAIL_BYTES } from '../../../shared/command.ts'
import type { CommandParts } from '../../../shared/ids.ts'
import type { Output, Progress } from '../../../shared/message.ts'
import type { Outputs } from '../../engine/ports/outputs.ts'

/** Bytes are kept no more often than this for one host; nobody would see them. */
export const FETCH_PROGRESS_EVERY_MS = 1000

export class Watching {
  readonly #outputs: Outputs
  readonly #clock: () => number
  readonly #log: Logger
  #progressAtMs = 0

  constructor({ outputs, clock, log }: { outputs: Outputs; clock: () => number; log: Logger }) {
    this.#outputs = outputs
    this.#clock = clock
    this.#log = log
  }

  async progress({ rollout, host }: CommandParts, { bytesDone, bytesTotal }: Progress): Promise<void> {
    const now = this.#clock()
    const isDue = now - this.#progressAtMs >= FETCH_PROGRESS_EVERY_MS || bytesDone >= bytesTotal
    if (bytesTotal === 0 || !isDue) return
    this.#progressAtMs = now
    await this.#try(this.#outputs.putProgress(rollout, host, { bytesDone, bytesTotal }))
  }

  async output({ rollout, host, attempt }: CommandParts, { step, tail, totalBytes }: Output): Promise<void> {
    if (step === null) return
    const text = Buffer.from(tail.subarray(-OUTPUT_TAIL_BYTES)).toString('utf8')
    await this.#try(this.#outputs.put(rollout, host, { attempt, step, tail: text, totalBytes, atMs: this.#clock() }))
  }

  async #try(kept: Promise<void>): Promise<void> {
    try {
      await kept
    } catch (error) {
      this.#log.debug({ err: error }, 'an output could not be kept')
    }
  }
}
