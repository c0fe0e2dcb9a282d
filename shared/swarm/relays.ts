/** The relays that a host may ask for any piece, in the order in which it asks them. */
import type { Bitmap } from './bitmap.ts'
import type { Relay } from './request.ts'
import { Standing } from './standing.ts'

export type KnownRelay = Relay & { standing: Standing }

export class Relays {
  #list: readonly KnownRelay[] = []

  /** In place of those that there were; what is known of who stays does. */
  replace(relays: readonly Relay[]): void {
    const former = new Map(this.#list.map((relay) => [relay.name, relay.standing]))
    this.#list = relays.map((relay) => ({ ...relay, standing: former.get(relay.name) ?? new Standing('proven') }))
  }

  get list(): readonly KnownRelay[] {
    return this.#list
  }

  /** @param most requests under way to one of them */
  choose(open: Bitmap, most: number, nowMs: number): { relay: KnownRelay; wanted: Bitmap } | null {
    for (const relay of this.#list) {
      if (!relay.standing.mayTake(most, nowMs)) continue
      const wanted = relay.serves === null ? open.copy() : open.and(relay.serves)
      if (wanted.count > 0) return { relay, wanted }
    }
    return null
  }
}
