/** A datacenter's relay in the simulation: it fetches every piece over the WAN once, gives the least-sent one, and keeps track of the swarm. */
import { Bitmap } from '../../../shared/swarm/bitmap.ts'
import { LeastSent } from '../../../shared/swarm/least-sent.ts'
import { Tracker } from '../../../shared/swarm/tracker.ts'
import type { Announced } from '../../../shared/swarm/tracker.ts'
import { Giver } from './giver.ts'
import type { Host } from './host.ts'
import type { World } from './world.ts'

export class Relay extends Giver {
  readonly have: Bitmap
  readonly tracker: Tracker
  readonly #leastSent: LeastSent
  overWan = 0

  constructor(world: World, dc: string) {
    const { scenario } = world
    const { relaySpeed, relaySlots } = scenario
    super(world, dc, { upBytesPerMs: scenario.hostBytesPerMs * relaySpeed, downBytesPerMs: scenario.hostBytesPerMs * relaySpeed }, { slots: relaySlots, line: scenario.relayLine, perPeer: 1 })
    this.have = new Bitmap(scenario.pieces)
    this.tracker = new Tracker(scenario.pieces)
    this.#leastSent = new LeastSent(scenario.pieces)
  }

  /** All that there is, at the WAN's speed; or it is the one that has it. */
  fill(wanBytesPerMs: number | null): void {
    const { pieces } = this.world.scenario
    for (let index = 0; index < pieces; index++) {
      if (wanBytesPerMs === null) {
        this.have.set(index)
        continue
      }
      this.world.agenda.after(((index + 1) * this.world.pieceBytes) / wanBytesPerMs, () => {
        this.have.set(index)
        this.overWan++
      })
    }
  }

  any(asker: Host, id: number, wanted: Bitmap): void {
    this.give(asker, id, () => this.#leastSent.choose(wanted, this.have, this.world.random), () => null)
  }

  announced(host: Host, who: Announced): void {
    const answer = this.tracker.announce(who, this.world.agenda.nowMs, this.world.random)
    this.world.network.message(this.endpoint, host.endpoint, () => host.answered(answer))
  }
}
