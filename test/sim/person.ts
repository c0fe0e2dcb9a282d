/** People: what they ask for at random, and the one who reads what a rollout that stands still says of itself, and does it. */
import { explain } from '../../coordinator/rollout/explain.ts'
import { step } from '../../coordinator/rollout/step.ts'
import type { ControlEvent } from '../../coordinator/rollout/event.ts'
import { insist } from './law.ts'
import type { Act, Deed } from './script.ts'
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
    case 'retry-not-started':
      return { type: 'RetryRequested', which: 'not-started', ...BY }
    case 'override-freeze':
      return { type: 'ResumeRequested', overrideFreeze: true, ...BY }
    case 'kill':
      return { type: 'KillRequested', host: name, ...BY }
    case 'rollback-wave':
      return { type: 'RollbackRequested', wave: world.engine.rows.get(name)!.wave, ...BY }
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

/** What the CLI would send for a command such as `rollout skip web-7 HOST`, for each host that it may mean. @throws when it means nothing to us */
function eventsOf(command: string, world: World): ControlEvent[] {
  const [, verb = '', flag = '', wholly] = /^rollout (\S+) web-7( --\S+)?( HOST)?$/.exec(command) ?? []
  const deed = DEED_OF[`${verb}${flag}${wholly ?? ''}`]
  insist(deed !== undefined, () => `there is no command "${command}"`)
  const all = [...world.hosts.keys()].map((_, host) => host)
  return (wholly === undefined ? [0] : all).map((host) => eventOf({ afterMs: 0, deed, host }, world))
}

const DEED_OF: Record<string, Deed> = {
  pause: 'pause', resume: 'resume', 'resume --override-freeze': 'override-freeze', promote: 'promote', abort: 'abort', rollback: 'rollback',
  retry: 'retry', 'retry --not-started': 'retry-not-started', 'retry HOST': 'retry-host', 'skip HOST': 'skip', 'kill HOST': 'kill',
  'retry-script': 'retry-script', 'skip-script': 'skip-script',
}

/** The controls that a rollout which stands still names. @throws when it names none, or one that would be refused or would change nothing */
export function movesOf(world: World): ControlEvent[] {
  const { engine, timeline } = world
  const { why, moves } = explain(engine.rollout)
  const controls = moves.flatMap(({ command }) => {
    const events = command === null ? [] : eventsOf(command, world)
    const moving = events.filter((event) => {
      const task = 'host' in event ? (engine.rows.get(event.host) ?? null) : null
      const after = step(engine.rollout, task, event, timeline.nowMs)
      return after.refused === null && (after.rollout !== engine.rollout || after.task !== task)
    })
    insist(command === null || moving.length > 0, () => `"${why}" names "${command}", and it moves nothing`)
    return moving
  })
  insist(controls.length > 0, () => `the rollout stands still ("${why}") and names no move: ${JSON.stringify(moves)}`)
  return controls
}
