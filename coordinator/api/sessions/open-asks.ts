/** Questions that a host was asked in this session and has not answered. Owns that each of them ends, and that there are few. */
import { randomUUID } from 'node:crypto'
import type { AskId, CoordinatorMessage } from '../../../shared/message.ts'
import type { HostAnswer, Question } from '../../engine/ports/asks.ts'

/** Whoever asks more gets no answer. */
export const MAX_OPEN_ASKS = 16

export class OpenAsks {
  readonly #open = new Map<AskId, (answer: HostAnswer | null) => void>()
  #isClosed = false

  /** Null: it is not answered in this session, or not before `signal` aborts. */
  async ask(question: Question, send: (message: CoordinatorMessage) => Promise<void>, signal: AbortSignal): Promise<HostAnswer | null> {
    if (this.#isClosed || this.#open.size >= MAX_OPEN_ASKS || signal.aborted) return null
    const { promise, resolve } = Promise.withResolvers<HostAnswer | null>()
    const id = randomUUID()
    const giveUp = (): void => resolve(null)
    this.#open.set(id, resolve)
    signal.addEventListener('abort', giveUp)
    try {
      await Promise.race([send({ ...question, ask: id }), promise])
      return await promise
    } finally {
      signal.removeEventListener('abort', giveUp)
      this.#open.delete(id)
    }
  }

  /** An answer that nobody waits for any more is let go. */
  answer(id: AskId, answer: HostAnswer): void {
    this.#open.get(id)?.(answer)
  }

  close(): void {
    this.#isClosed = true
    for (const resolve of this.#open.values()) resolve(null)
  }
}
