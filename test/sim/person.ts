/** People: what they ask for at random, and the one who reads what a rollout that stands still says of itself, and does it. */
import { explain } from '../../coordinator/rollout/explain.ts'
import { step } from '../../coordinator/rollout/step.ts'
import type { ControlEvent } from '../../coordinator/rollout/event.ts'
import { insist } from './law.ts'
import type { Act } from './script.ts'
import type { World } from './world.ts'

const BY = { by: 'ann', reason: null }

export function eventOf({ deed, host }: Act, world: World): ControlEvent {
  const names = [...world.hosts.keys()]
  const name = names[host % names.length]!
  switch (deed) {
    case 'pause':
      return { type: 'PauseRequested', ...BY }
    case 'resume':
      return { type: 'ResumeRequested', overrideFreeze: false, ...BY }
    case 'promote':
      return { type: 'PromoteRequested', ...BY }
    case 'abort':
      return { type: 'AbortRequested', ...BY }
    case 'rollback':
      return { type: 'RollbackRequested', wave: null, ...BY }
    case 'retry':
      return { type: 'RetryRequested', which: 'failed', ...BY }
    case 'retry-script':
      return { type: 'ScriptRetryRequested', ...BY }
    case 'skip-script':
      return { type: 'ScriptSkipRequested', ...BY }
    case 'retry-host':
      return { type: 'HostRetryRequested', host: name, ...BY }
    case 'skip':
      return { type: 'SkipRequested', host: name, presence: world.presenceOf(name), ...BY }
  }
}

/** What the CLI would send for a move such as `rollout skip web-7 HOST`, for each host that it may mean. Empty: the move is an event to wait for. */
function eventsOf(move: string, world: World): ControlEvent[] {
  const [, verb, wholly] = /^rollout ([a-z-]+) \S+( HOST)?$/.exec(move) ?? []
  if (verb === undefined) return []
  const all = [...world.hosts.keys()].map((_, host) => host)
  const deed = verb === 'retry' && wholly !== undefined ? 'retry-host' : (verb as Act['deed'])
  return (wholly === undefined ? [0] : all).map((host) => eventOf({ afterMs: 0, deed, host }, world))
}

/** The controls that a rollout which stands still names. @throws when it names none, or one that would be refused or would change nothing */
export function movesOf(world: World): ControlEvent[] {
  const { engine, timeline } = world
  const { why, moves } = explain(engine.rollout)
  const controls = moves.flatMap((move) => {
    const events = eventsOf(move, world)
    const moving = events.filter((event) => {
      const task = 'host' in event ? (engine.rows.get(event.host) ?? null) : null
      const after = step(engine.rollout, task, event, timeline.nowMs)
      return after.refused === null && (after.rollout !== engine.rollout || after.task !== task)
    })
    insist(events.length === 0 || moving.length > 0, () => `"${why}" names the move "${move}", and it moves nothing`)
    return moving
  })
  insist(controls.length > 0, () => `the rollout stands still ("${why}") and names no move: ${JSON.stringify(moves)}`)
  return controls
}
