/** Turns in Redis: a key that expires, held by a token that nobody else has. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { problem } from '../../../shared/errors.ts'
import { TURN_MS, TURN_WAIT_MS } from '../../engine/ports/turns.ts'
import type { Turns } from '../../engine/ports/turns.ts'
import { loadScript } from '../redis/script.ts'

/** Between two looks whether it is one's turn. */
export const LOOK_AGAIN_MS = 25

const turnKey = (thing: string) => `{turns}:${thing}`

const takeTurn = loadScript<0 | 1>(new URL('./lua/take-turn.lua', import.meta.url))
const giveTurn = loadScript<0 | 1>(new URL('./lua/give-turn.lua', import.meta.url))

export function redisTurns(redis: Redis): Turns {
  return {
    async inTurn(thing, work) {
      const keys = [turnKey(thing)]
      const token = randomUUID()
      await waitFor(async () => (await takeTurn(redis, keys, [token, TURN_MS, '1'])) === 1, thing)
      try {
        return await work({
          async confirm() {
            const isHis = (await takeTurn(redis, keys, [token, TURN_MS, '0'])) === 1
            if (!isHis) throw problem('unavailable', `the work on ${thing} took too long, and others may be at it by now; try again`)
          },
        })
      } finally {
        await giveTurn(redis, keys, [token])
      }
    },
  }
}

async function waitFor(taken: () => Promise<boolean>, thing: string): Promise<void> {
  const deadline = performance.now() + TURN_WAIT_MS
  while (!(await taken())) {
    if (performance.now() > deadline) throw problem('unavailable', `others are at work on ${thing} right now; try again`)
    await sleep(LOOK_AGAIN_MS)
  }
}
