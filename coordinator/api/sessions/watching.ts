/** What people like to watch while a host is at work: tails of outputs, bytes of a fetch. Best effort: nothing fails with it. */
import type { Logger } from 'pino'
import { OUTPUT_TAIL_BYTES } from '../../../shared/command.ts'
import type { Transfer } from '../../../shared/distribution/offer.ts'
import type { CommandParts } from '../../../shared/ids.ts'
import type { Output, Progress } from '../../../shared/message.ts'
import type { Fetches } from '../../engine/ports/fetches.ts'
import type { Outputs } from '../../engine/ports/outputs.ts'

/** Of an agent that does not say. */
const UNKNOWN: Transfer = { fromPeersBytes: 0, fromRelayBytes: 0, fromOriginBytes: 0, reusedBytes: 0, delta: false, bytesPerSecond: 0 }

export type WatchingPorts = { outputs: Outputs; fetches: Pick<Fetches, 'report'>; clock: () => number; log: Logger }

export class Watching {
  readonly #outputs: Outputs
  readonly #fetches: WatchingPorts['fetches']
  readonly #epoch: number
  readonly #clock: () => number
  readonly #log: Logger

  constructor({ outputs, fetches, clock, log }: WatchingPorts, epoch: number) {
    this.#outputs = outputs
    this.#fetches = fetches
    this.#epoch = epoch
    this.#clock = clock
    this.#log = log
  }

  /** However often it says so, the latest is written. */
  progress({ rollout, host }: CommandParts, { id, bytesDone, bytesTotal, transfer }: Progress): void {
    if (bytesTotal > 0) this.#fetches.report(rollout, { id, host, epoch: this.#epoch, fetch: { ...(transfer ?? UNKNOWN), bytesDone, bytesTotal } })
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
