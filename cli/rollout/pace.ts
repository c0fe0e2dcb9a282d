/** How fast a rollout goes: learnt from the hosts that have finished while we watched, and how long the rest takes at that rate. */
import type { RolloutChange } from '../../shared/api/change.ts'
import type { RolloutView } from '../../shared/api/rollout.ts'
import type { Strategy } from '../../shared/strategy.ts'
import type { TaskState } from '../../shared/states.ts'
import { countOf } from './count.ts'
import type { Wave } from './count.ts'

/** The latest ones count: hosts of one wave are more alike than hosts of all. */
export const MAX_SAMPLES = 50
/** Before anything has finished, and at least: what takes less is not slow. */
export const SLOW_AT_LEAST_MS = 15_000
const SLOW_FACTOR = 2

const IN_WORK: readonly TaskState[] = ['claimed', 'running']
const TO_DO: readonly TaskState[] = ['waiting', 'withdrawn', 'sent']

export class Pace {
  /** When hosts took the slots that they hold. */
  readonly #begunAtMs = new Map<string, number>()
  readonly #samplesMs: number[] = []

  observe(change: RolloutChange): void {
    if (change.kind !== 'task') return
    const { host, state, atMs } = change
    if (IN_WORK.includes(state)) {
      if (!this.#begunAtMs.has(host)) this.#begunAtMs.set(host, atMs)
      return
    }
    const begunAtMs = this.#begunAtMs.get(host)
    this.#begunAtMs.delete(host)
    if (state !== 'succeeded' || begunAtMs === undefined) return
    this.#samplesMs.push(atMs - begunAtMs)
    if (this.#samplesMs.length > MAX_SAMPLES) this.#samplesMs.shift()
  }

  /** How long a host holds its slot; null when none has finished yet. */
  get meanMs(): number | null {
    const { length } = this.#samplesMs
    return length === 0 ? null : this.#samplesMs.reduce((sum, ms) => sum + ms, 0) / length
  }

  get slowAfterMs(): number {
    return Math.max(SLOW_AT_LEAST_MS, SLOW_FACTOR * (this.meanMs ?? 0))
  }

  /** Until the end, people's decisions not counted. Null: not known, or it stands still. */
  leftMs(rollout: RolloutView, now: number): number | null {
    const { meanMs } = this
    if (meanMs === null || rollout.phase !== 'running') return null
    const strategy = rollout.strategy as Partial<Strategy>
    const begunMs = [...this.#begunAtMs.values()].reduce((sum, atMs) => sum + Math.min(meanMs, Math.max(0, now - atMs)), 0)
    const wavesMs = rollout.waves.slice(rollout.wave).map((wave, index) => waveMs(wave, meanMs, strategy.concurrency ?? null, index === 0 ? begunMs : 0))
    return wavesMs.reduce((sum, ms) => sum + ms, 0) + bakesMs(rollout, strategy, now)
  }
}

/** What is left of a wave: its work over its window, and no less than one host takes. */
function waveMs(wave: Wave, meanMs: number, concurrency: number | null, begunMs: number): number {
  const toDo = countOf([wave], 'forward', TO_DO)
  const workMs = (toDo + countOf([wave], 'forward', IN_WORK)) * meanMs - begunMs
  return Math.max(0, workMs / Math.min(concurrency ?? wave.size, wave.size), toDo > 0 ? meanMs : 0)
}

function bakesMs({ wave, waves, gate }: RolloutView, { bakeMs = 0, gate: gates }: Partial<Strategy>, now: number): number {
  const afterWave = (index: number) => index < waves.length - 1 && (gates?.after === 'every' || (gates?.after === 'first' && index === 0))
  const later = waves.filter((_, index) => (gate === null ? index >= wave : index > wave) && afterWave(index)).length
  return later * bakeMs + (gate?.kind === 'bake' ? Math.max(0, gate.untilMs - now) : 0)
}
