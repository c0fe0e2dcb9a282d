/**
 * A rollout's own state as one field. Owns the format and its version: a digit, then JSON, in which waves leave out what is zero: there
 * may be ten thousand.
 */
import type { Rollout, Tally, Wave } from '../../rollout/state.ts'
import { emptyTally } from '../../rollout/tally.ts'

const VERSION = '1'

type SparseWave = [size: number, parked: number, forward: Partial<Tally>, back: Partial<Tally>]
type Body = Omit<Rollout, 'waves'> & { waves: SparseWave[] }

export function encodeRollout(rollout: Rollout): string {
  const waves = rollout.waves.map(({ size, parked, forward, back }): SparseWave => [size, parked, sparse(forward), sparse(back)])
  return VERSION + JSON.stringify({ ...rollout, waves } satisfies Body)
}

/** @throws Error when it was written by a later version than this one */
export function decodeRollout(text: string): Rollout {
  if (!text.startsWith(VERSION)) throw new Error(`a rollout has format ${text.slice(0, 1)}; this coordinator knows ${VERSION}`)
  const body = JSON.parse(text.slice(VERSION.length)) as Body
  const waves = body.waves.map(([size, parked, forward, back]): Wave => ({
    size, parked, forward: { ...emptyTally(), ...forward }, back: { ...emptyTally(), ...back },
  }))
  return { ...body, waves }
}

function sparse(tally: Tally): Partial<Tally> {
  return Object.fromEntries(Object.entries(tally).filter(([, count]) => count !== 0))
}
