/** Where a rollout stands, why, and what would move it. */
import type { RolloutView } from '../../shared/api/rollout.ts'
import { formatDuration } from '../../shared/duration.ts'
import type { Phase } from '../../shared/states.ts'
import { dateAndTime } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import type { Line, Span, Tone } from '../text/line.ts'
import { alignedLines } from '../text/table.ts'
import { fetchRows } from './fetch-lines.ts'

const TONES: Record<Phase, Tone> = {
  queued: 'faint', running: 'busy', paused: 'odd', 'rolling-back': 'back', succeeded: 'good', failed: 'bad', aborted: 'bad', 'rolled-back': 'back',
}

export function phaseSpan({ phase }: Pick<RolloutView, 'phase'>): Span {
  return styled(phase, TONES[phase])
}

export function standingLines(rollout: RolloutView): Line[] {
  return [titleLine(rollout), ...alignedLines(standingRows(rollout))]
}

/** The same, and who began it, how long it has taken, and since when it is held. */
export function headLines(rollout: RolloutView, now: number): Line[] {
  return [titleLine(rollout), ...alignedLines([...standingRows(rollout), ...originRows(rollout, now)])]
}

function titleLine(rollout: RolloutView): Line {
  return [styled(rollout.id, 'strong'), `  ${rollout.service} ${rollout.release}  `, phaseSpan(rollout)]
}

/** What goes well needs no moves; whoever looks at it at night wants to know how to hold it. */
function standingRows(rollout: RolloutView): Line[] {
  const { id, phase, moves, why } = rollout
  const hold: Line[] = phase === 'running' && moves.length === 0 ? [['held by', `muster rollout pause ${id} --reason …`]] : []
  return [['why', why], ...moveRows(rollout), ...hold]
}

function originRows(rollout: RolloutView, now: number): Line[] {
  const { actor, reason, createdAtMs, startedAtMs, endedAtMs, hold, window, slots, hosts } = rollout
  const took = formatDuration((endedAtMs ?? now) - (startedAtMs ?? createdAtMs))
  return [
    ['by', actor + (reason === null ? '' : `: ${reason}`)],
    ['since', `${dateAndTime(createdAtMs)}, ${endedAtMs === null ? 'for' : 'took'} ${took}`],
    ...(hold === null ? [] : [['held', `${dateAndTime(hold.sinceMs)}, for ${formatDuration(now - hold.sinceMs)}`]]),
    ['hosts', `${hosts}; ${slots} of ${window} slots in use`],
    ...fetchRows(rollout),
  ]
}

/** What people asked for, and why; the latest last. */
export function askedLines({ notes }: Pick<RolloutView, 'notes'>, max: number): Line[] {
  if (notes.length === 0) return []
  const rows = notes.slice(-max).map(({ atMs, control, host, by, reason }): Line => [
    `  ${dateAndTime(atMs)}`, host === null ? control : `${control} ${host}`, by, styled(reason ?? '', 'faint'),
  ])
  const earlier = notes.length > max ? `, the last ${max}` : ''
  return [[styled(`asked${earlier}`, 'strong')], ...alignedLines(rows)]
}

/** Commands as they are pasted, with what they do, and events to wait for. */
export function moveTexts({ moves }: Pick<RolloutView, 'moves'>): string[] {
  const width = Math.max(0, ...moves.map(({ command }) => (command === null ? 0 : `muster ${command}`.length)))
  return moves.map(({ command, effect }) => (command === null ? effect : `${`muster ${command}`.padEnd(width)}  # ${effect}`))
}

export function moveRows(rollout: Pick<RolloutView, 'moves'>): Line[] {
  return moveTexts(rollout).map((text, index): Line => [index === 0 ? 'moved by' : '', text])
}
