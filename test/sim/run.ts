/** Runs a script to its end under some laws. What breaks one is reported with the steps that led to it. */
import { hostOf } from '../../coordinator/rollout/event.ts'
import type { Seen } from './engine.ts'
import type { NewLaw } from './law.ts'
import { eventOf, movesOf } from './person.ts'
import type { Script } from './script.ts'
import { World } from './world.ts'

/** A rollout that has not moved for so long, its own timers included, waits for a person. */
const STILL_AFTER_MS = 900_000
const MAX_DEEDS = 300
const STEPS_SHOWN = 40

/** Who gives the verdicts that only a person can give. */
export type Caretaker = 'reads the moves' | 'nobody'

export function run(script: Script, laws: readonly NewLaw[], caretaker: Caretaker = 'reads the moves'): World {
  const world = new World(script, laws)
  try {
    for (const act of script.acts) world.timeline.after(act.afterMs, () => void world.control(eventOf(act, world)))
    runToEnd(world, caretaker)
    for (const act of script.encores) {
      world.timeline.after(act.afterMs, () => void world.control(eventOf(act, world)))
      runToEnd(world, caretaker)
    }
    return world
  } catch (error) {
    const steps = world.seen.slice(-STEPS_SHOWN).map(describe).join('\n')
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n\nThe last steps:\n${steps}`, { cause: error })
  }
}

function runToEnd(world: World, caretaker: Caretaker): void {
  for (let deeds = 0; deeds < MAX_DEEDS; deeds++) {
    runUntilStill(world)
    if (world.hasEnded) return world.laws.forEach((law) => law.atEnd?.(world))
    for (const law of world.laws) law.whenStill?.(world)
    if (caretaker === 'nobody') return
    world.control(world.random.pick(movesOf(world)))
  }
  throw new Error(`the rollout has not ended after ${MAX_DEEDS} deeds of a person who did what it asked for`)
}

function runUntilStill(world: World): void {
  const { timeline } = world
  let quietSinceMs = timeline.nowMs
  while (!timeline.isQuiet || (!world.hasEnded && timeline.nowMs - quietSinceMs < STILL_AFTER_MS)) {
    if (!timeline.isQuiet) quietSinceMs = timeline.nowMs
    if (!timeline.advance()) return
  }
}

function describe({ event, before, after, now }: Seen): string {
  const { type, ...rest } = event
  const rows = before.task === null || after.task === null ? '' : ` ${before.task.direction} ${before.task.state} → ${after.task.state}`
  const rollout = before.rollout.phase === after.rollout.phase ? before.rollout.phase : `${before.rollout.phase} → ${after.rollout.phase}`
  const effects = after.effects.map((effect) => effect.type).join(' ')
  const what = hostOf(event) === null ? '' : JSON.stringify(rest)
  return `${String(now).padStart(8)} ${type} ${what}${rows} [${rollout}] ${effects}${after.refused === null ? '' : `refused: ${after.refused}`}`
}
