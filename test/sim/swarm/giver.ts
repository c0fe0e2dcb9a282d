/** Whoever gives out pieces in the simulation: a host or a relay. It answers as an agent's or a relay's port would. */
import type { Bitmap } from '../../../shared/swarm/bitmap.ts'
import { Upload } from '../../../shared/swarm/upload.ts'
import type { UploadLimits } from '../../../shared/swarm/upload.ts'
import type { Host } from './host.ts'
import { Endpoint } from './network.ts'
import type { Speed, Transfer } from './network.ts'
import type { World } from './world.ts'

export class Giver {
  readonly world: World
  readonly endpoint: Endpoint
  readonly upload: Upload
  readonly dc: string
  readonly #transfers = new Map<number, Transfer>()
  readonly #admitted = new Map<number, () => void>()
  readonly #most: number
  /** Copies of pieces that have left, in pieces. */
  sentPieces = 0
  #isWatching = false

  constructor(world: World, dc: string, speed: Speed, limits: UploadLimits) {
    this.world = world
    this.dc = dc
    this.endpoint = new Endpoint(speed)
    this.upload = new Upload(limits)
    this.#most = limits.slots + limits.line
  }

  /** `pick` says what is given, when its turn has come. */
  give(asker: Host, id: number, pick: () => number | null, have: () => Bitmap | null): void {
    const { agenda, random } = this.world
    const admission = this.upload.admit(asker.name, agenda.nowMs, random)
    if (!admission.admitted) return this.#refuse(asker, id, 'busy', admission.retryMs)
    this.#admitted.set(admission.id, () => this.#begin(asker, id, admission.id, pick(), have()))
    asker.transfers.set(id, { breakOff: () => this.#breakOff(admission.id) })
    this.world.insist(this.upload.underWay <= this.#most, () => `${this.upload.underWay} answers under way at once`)
    this.#turns()
  }

  #turns(): void {
    const { agenda } = this.world
    for (const id of this.upload.turns(agenda.nowMs)) {
      const begin = this.#admitted.get(id)
      this.#admitted.delete(id)
      begin?.()
    }
    this.#watch()
  }

  #begin(asker: Host, id: number, admission: number, index: number | null, known: Bitmap | null): void {
    const { network } = this.world
    if (index === null) {
      this.#over(admission)
      return this.#refuse(asker, id, 'missing', 0)
    }
    let isFirst = true
    const transfer = network.send(this.endpoint, asker.endpoint, this.world.pieceBytes, (isLast) => {
      asker.heardOf(this, id, index, isFirst, isLast, known)
      isFirst = false
    }, () => this.#over(admission))
    this.#transfers.set(admission, transfer)
    this.sentPieces++
  }

  #refuse(asker: Host, id: number, why: 'busy' | 'missing', retryMs: number): void {
    this.world.network.message(this.endpoint, asker.endpoint, () => asker.refused(id, why, retryMs))
  }

  #over(admission: number): void {
    this.#admitted.delete(admission)
    this.#transfers.delete(admission)
    this.upload.ended(admission, this.world.agenda.nowMs)
    this.#turns()
  }

  #breakOff(admission: number): void {
    const transfer = this.#transfers.get(admission)
    if (transfer !== undefined) {
      this.world.network.breakOff(transfer)
      this.sentPieces -= transfer.toSend / this.world.segmentsPerPiece
    }
    this.#over(admission)
  }

  #watch(): void {
    const { agenda } = this.world
    const wakeAtMs = this.upload.wakeAtMs(agenda.nowMs)
    if (wakeAtMs === null || this.#isWatching) return
    this.#isWatching = true
    agenda.at(wakeAtMs, () => {
      this.#isWatching = false
      if (this.endpoint.isDead) return
      for (const id of this.upload.stalled(agenda.nowMs)) this.#breakOff(id)
      this.#turns()
    })
  }
}
