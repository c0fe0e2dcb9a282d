/** A change in one line, for logs and for those who cannot see a terminal. */
import type { RolloutChange } from '../../shared/api/change.ts'
import type { TaskState } from '../../shared/states.ts'
import { timeOfDay } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import type { Line, Tone } from '../text/line.ts'
import { phaseSpan } from './standing-lines.ts'

type TaskChange = Extract<RolloutChange, { kind: 'task' }>
/** A host that is tried again, or put back, still carries why it failed before. */
const TOLD: ReadonlySet<TaskState> = new Set<TaskState>(['failed', 'timed-out', 'unreachable', 'unknown'])

type PhaseChange = Extract<RolloutChange, { kind: 'rollout' }>

/** `12:03:04 web-03 running check (wave 2)`, `12:03:05 phase paused: 1 host failed, more than the 0 that its tolerance allows` */
export function changeLine(change: RolloutChange): Line {
  const time = styled(`${timeOfDay(change.atMs)} `, 'faint')
  if (change.kind === 'task') return [time, ...taskSpans(change)]
  return [time, 'phase ', phaseSpan(change), `: ${change.why}${causeText(change.cause)}`]
}

function taskSpans({ host, wave, direction, attempt, message, ...task }: TaskChange): Line {
  const where = [`wave ${wave + 1}`, ...(direction === 'back' ? ['back'] : []), ...(attempt > 1 ? [`attempt ${attempt}`] : [])].join(', ')
  const told = message === null || !TOLD.has(task.state) ? '' : `: ${message}`
  return [`${host} `, styled(stateText(task), toneOf(task.state)), ` (${where})${told}`]
}

function stateText({ state, step, parked }: Pick<TaskChange, 'state' | 'step' | 'parked'>): string {
  if (parked === 'backoff') return 'waiting for its next attempt'
  if (parked === 'away') return 'waiting: it is away'
  if (step === null) return state
  return state === 'running' ? `${state} ${step}` : `${state} at ${step}`
}

export function toneOf(state: TaskChange['state']): Tone {
  switch (state) {
    case 'succeeded':
      return 'good'
    case 'failed':
    case 'timed-out':
      return 'bad'
    case 'unreachable':
    case 'unknown':
      return 'odd'
    case 'sent':
    case 'claimed':
    case 'running':
      return 'busy'
    case 'waiting':
    case 'skipped':
    case 'withdrawn':
      return 'faint'
  }
}

function causeText(cause: PhaseChange['cause']): string {
  if (cause === null) return ''
  const { control, by, reason, host } = cause
  return ` (${control}${host === null ? '' : ` of ${host}`} by ${by}${reason === null ? '' : `: ${reason}`})`
}
