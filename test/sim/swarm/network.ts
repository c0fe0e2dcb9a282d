/**
 * Links between hosts, as TCP over ordinary queues would share them. An uplink sends segments of all its transfers in turn (fair sharing); a downlink takes
 * them in the order in which they come (FIFO), so what is too much for it waits there; a transfer has so many segments on their way at most (the window of
 * TCP), so that an uplink is not held up by somebody else's full downlink. Messages pass a full uplink's queue first. What is sent to the dead is lost.
 */
import { ALMOST_BYTES } from '../../../shared/pieces/arrival.ts'
import type { Agenda } from './agenda.ts'

export type Speed = { upBytesPerMs: number; downBytesPerMs: number }
export type Transfer = { from: Endpoint; to: Endpoint; toSend: number; toCome: number; onTheirWay: number; isQueued: boolean; isOver: boolean; isTold: boolean; heard: (isLast: boolean) => void; told: () => void }

const WINDOW_SEGMENTS = 3

export class Endpoint {
  readonly speed: Speed
  isDead = false
  frozenUntilMs = 0
  isSending = false
  downFreeAtMs = 0
  readonly queue: Transfer[] = []

  constructor(speed: Speed) {
    this.speed = speed
  }
}

export type NetworkOptions = { latencyMs: number; queueMs: number; segmentBytes: number }

export class Network {
  readonly #agenda: Agenda
  readonly #options: NetworkOptions

  constructor(agenda: Agenda, options: NetworkOptions) {
    this.#agenda = agenda
    this.#options = options
  }

  message(from: Endpoint, to: Endpoint, arrive: () => void): void {
    if (from.isDead) return
    const { latencyMs, queueMs } = this.#options
    const frozenMs = Math.max(0, from.frozenUntilMs - this.#agenda.nowMs)
    this.#agenda.after(latencyMs + frozenMs + (from.isSending ? queueMs : 0), () => {
      if (!to.isDead) arrive()
    })
  }

  /** `heard`: at the receiver, for every segment. `told`: at the sender, once the receiver has said that almost all has come. */
  send(from: Endpoint, to: Endpoint, bytes: number, heard: (isLast: boolean) => void, told: () => void): Transfer {
    const segments = Math.max(1, Math.round(bytes / this.#options.segmentBytes))
    const transfer = { from, to, toSend: segments, toCome: segments, onTheirWay: 0, isQueued: true, isOver: false, isTold: false, heard, told }
    from.queue.push(transfer)
    this.#pump(from)
    return transfer
  }

  breakOff(transfer: Transfer): void {
    this.#agenda.after(this.#options.latencyMs, () => {
      transfer.isOver = true
      transfer.toSend = 0
    })
  }

  freeze(endpoint: Endpoint, durationMs: number): void {
    endpoint.frozenUntilMs = this.#agenda.nowMs + durationMs
    this.#agenda.after(durationMs, () => this.#pump(endpoint))
  }

  #pump(from: Endpoint): void {
    if (from.isSending || from.isDead || this.#agenda.nowMs < from.frozenUntilMs) return
    let transfer = from.queue.shift()
    while (transfer !== undefined && transfer.toSend === 0) {
      transfer.isQueued = false
      transfer = from.queue.shift()
    }
    if (transfer === undefined) return
    from.isSending = true
    const sent = transfer
    this.#agenda.after(this.#options.segmentBytes / from.speed.upBytesPerMs, () => this.#sent(from, sent))
  }

  #sent(from: Endpoint, transfer: Transfer): void {
    const { latencyMs, segmentBytes } = this.#options
    const { to } = transfer
    from.isSending = false
    transfer.isQueued = false
    if (transfer.toSend > 0) transfer.toSend--
    transfer.onTheirWay++
    this.#requeue(transfer)
    to.downFreeAtMs = Math.max(to.downFreeAtMs, this.#agenda.nowMs + latencyMs) + segmentBytes / to.speed.downBytesPerMs
    this.#agenda.at(to.downFreeAtMs, () => this.#came(transfer))
    this.#pump(from)
  }

  #came(transfer: Transfer): void {
    const { from, to } = transfer
    if (to.isDead) return
    transfer.onTheirWay--
    transfer.toCome--
    this.#requeue(transfer)
    this.#pump(from)
    if (transfer.isOver) return
    if (!transfer.isTold && transfer.toCome * this.#options.segmentBytes <= ALMOST_BYTES) {
      transfer.isTold = true
      this.message(to, from, transfer.told)
    }
    transfer.heard(transfer.toCome === 0)
  }

  #requeue(transfer: Transfer): void {
    if (transfer.isQueued || transfer.toSend === 0 || transfer.onTheirWay >= WINDOW_SEGMENTS) return
    transfer.isQueued = true
    transfer.from.queue.push(transfer)
  }
}
