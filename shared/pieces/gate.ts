/**
 * Admission at whoever gives pieces out, on this machine's own clock: `shared/swarm/upload.ts` decides, this wakes it. Owns that whoever was admitted and
 * takes nothing is broken off, and that every place is free again once its holder says so.
 */
import { Upload } from '../swarm/upload.ts'
import type { UploadLimits } from '../swarm/upload.ts'

export type Place = {
  /** Resolves when it is this one's turn, or it is over. */
  turn: Promise<void>
  /** The connection took some bytes. @param pauseMs for so long none will follow, because of a cap at our end */
  sent: (pauseMs?: number) => void
  /** Must be called, whichever way it ends; again does no harm. */
  end: () => void
}

const LEAST_WAIT_MS = 10
/** Who wakes later than this after he wanted to has stood still himself: what others have said meanwhile has not been read yet. */
const OVERSLEPT_MS = 500

export class Gate {
  readonly #upload: Upload
  readonly #admitted = new Map<number, { begin: () => void; breakOff: () => void }>()
  #timer: NodeJS.Timeout | undefined
  #wakeAtMs = Infinity

  constructor(limits: UploadLimits) {
    this.#upload = new Upload(limits)
  }

  /** Something heavy goes on here: nobody new is admitted. */
  busyWithOther(busy: boolean): void {
    this.#upload.busyWithOther(busy)
  }

  /** @param breakOff ends an answer that nobody takes; `end` follows @returns a place, or in how many milliseconds to ask again */
  admit(peer: string, breakOff: () => void): Place | number {
    const admission = this.#upload.admit(peer, performance.now(), Math.random)
    if (!admission.admitted) return admission.retryMs
    const { id } = admission
    const turn = Promise.withResolvers<void>()
    this.#admitted.set(id, { begin: turn.resolve, breakOff })
    this.#look()
    return {
      turn: turn.promise,
      sent: (pauseMs = 0) => this.#upload.progress(id, performance.now() + pauseMs),
      end: () => {
        if (!this.#admitted.delete(id)) return
        this.#upload.ended(id, performance.now())
        turn.resolve()
        this.#look()
      },
    }
  }

  #look(): void {
    const now = performance.now()
    if (now > this.#wakeAtMs + OVERSLEPT_MS) for (const id of this.#admitted.keys()) this.#upload.progress(id, now)
    for (const id of this.#upload.stalled(now)) this.#admitted.get(id)?.breakOff()
    for (const id of this.#upload.turns(now)) this.#admitted.get(id)?.begin()
    const wakeAtMs = this.#upload.wakeAtMs(now)
    clearTimeout(this.#timer)
    this.#wakeAtMs = wakeAtMs === null ? Infinity : Math.max(wakeAtMs, now + LEAST_WAIT_MS)
    if (wakeAtMs !== null) this.#timer = setTimeout(() => this.#look(), this.#wakeAtMs - now).unref()
  }
}
