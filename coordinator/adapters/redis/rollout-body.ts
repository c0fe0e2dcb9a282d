/**
 * A rollout's own state as one field. Owns the format and its version: a digit, then JSON, in which waves leave out what is zero: there
 * may be a thousand. The former versions are still read.
 */
import { sequenceOf } from '../../../shared/ids.ts'
import type { RolloutId } from '../../../shared/ids.ts'
import type { Rollout, Tally, Wave } from '../../rollout/state.ts'
import { emptyQueues, emptyTally } from '../../rollout/tally.ts'

const VERSION = '4'
/** Before hosts fetched ahead, before rollouts were sealed, and before they had scripts. */
const COLD = '3'
const UNSEALED = '2'
const FIRST = '1'

type SparseWave = [size: number, parked: number, forward: Partial<Tally>, back: Partial<Tally>, done?: number]
type Body = Omit<Rollout, 'waves'> & { waves: SparseWave[] }

export function encodeRollout(rollout: Rollout): string {
  const waves = rollout.waves.map(({ size, parked, forward, back, done }): SparseWave => [size, parked, sparse(forward), sparse(back), done])
  return VERSION + JSON.stringify({ ...rollout, waves } satisfies Body)
}

/** @throws Error when it was written by a later version than this one */
export function decodeRollout(text: string): Rollout {
  const version = text.slice(0, VERSION.length)
  if (![VERSION, COLD, UNSEALED, FIRST].includes(version)) throw new Error(`a rollout has format ${version}; this coordinator knows ${FIRST} to ${VERSION}`)
  const body = JSON.parse(text.slice(VERSION.length)) as Body
  const waves = body.waves.map(([size, parked, forward, back, done = 0]): Wave => ({
    size, parked, done, forward: { ...emptyTally(), ...forward }, back: { ...emptyTally(), ...back },
  }))
  if (version === VERSION) return { ...body, waves }
  const cold = { ...body, waves, warming: null, queues: { ...emptyQueues(), ...body.queues }, strategy: { ...NEW_IN_STRATEGY, ...body.strategy } }
  if (version === COLD) return cold
  return version === UNSEALED ? { ...cold, seal: null } : { ...sinceFirst(body.id), ...cold }
}

/** What a rollout of the first version does not say of itself. */
const sinceFirst = (id: RolloutId) => ({
  kind: 'deploy', run: null, asked: null, generation: sequenceOf(id), backOnly: null, toBegin: 0, scripts: [], waitsFor: [], limited: false, limitedBy: null,
  freezeOverriddenBy: null, notes: [], seal: null,
} satisfies Partial<Rollout>)
const NEW_IN_STRATEGY = {
  before: [], after: [], onBusy: 'refuse', stop: 'running', prefetch: false, prefetchBytesPerSecond: null, prefetchWithinMs: 0,
} satisfies Partial<Rollout['strategy']>

function sparse(tally: Tally): Partial<Tally> {
  return Object.fromEntries(Object.entries(tally).filter(([, count]) => count !== 0))
}
