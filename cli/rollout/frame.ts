/** What a terminal shows of a rollout that is watched, at one moment. */
import type { RolloutView, TaskView } from '../../shared/api/rollout.ts'
import { formatDuration } from '../../shared/duration.ts'
import { hasEnded } from '../../shared/states.ts'
import { timeOfDay } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import { alignedLines } from '../text/table.ts'
import { failureLines, slowLines } from './attention.ts'
import type { Attention } from './attention.ts'
import { countsText } from './count.ts'
import { fetchingLines, fetchRows } from './fetch-lines.ts'
import { moveRows, phaseSpan } from './standing-lines.ts'
import { legendLine, waveLines } from './wave-lines.ts'

const MAX_GROUPS = 5
const MAX_SLOW = 5
const MAX_FETCHING = 5

export type Moment = {
  rollout: RolloutView
  attention: Attention
  fetching: TaskView[]
  /** Null: not known. */
  leftMs: number | null
  slowAfterMs: number
  /** Why what is shown may be old. */
  trouble: string | null
  now: number
}

export function frameLines({ rollout, attention, fetching, leftMs, slowAfterMs, trouble, now }: Moment): Line[] {
  const blocks: Line[][] = [
    [titleLine(rollout, leftMs, now), ...(trouble === null ? [] : [[styled(`not up to date: ${trouble}; trying again`, 'bad')]])],
    [...waveLines(rollout), legendLine(rollout)],
    alignedLines([
      ...countRows(rollout), ['why', rollout.why + bakeText(rollout, now)], ...heldRows(rollout, now), ...fetchRows(rollout), ...moveRows(rollout),
    ]),
    failureLines(attention, MAX_GROUPS),
    fetchingLines(fetching, MAX_FETCHING),
    hasEnded(rollout.phase) ? [] : slowLines(attention, { now, slowAfterMs, max: MAX_SLOW }),
  ]
  return blocks.filter((block) => block.length > 0).flatMap((block, index): Line[] => (index === 0 ? block : [[], ...block]))
}

function titleLine(rollout: RolloutView, leftMs: number | null, now: number): Line {
  const { id, service, release, startedAtMs, createdAtMs, endedAtMs } = rollout
  const time = formatDuration((endedAtMs ?? now) - (startedAtMs ?? createdAtMs))
  const left = leftMs === null ? '' : `, about ${formatDuration(leftMs)} left`
  return [styled(id, 'strong'), `  ${service} ${release}  `, phaseSpan(rollout), `  ${time}${left}`]
}

function countRows({ waves }: RolloutView): Line[] {
  const [forward, back] = [countsText(waves, 'forward'), countsText(waves, 'back')]
  return [...(forward === '' ? [] : [['hosts', forward]]), ...(back === '' ? [] : [['back', back]])]
}

function heldRows({ hold }: RolloutView, now: number): Line[] {
  return hold === null ? [] : [['held', `for ${formatDuration(now - hold.sinceMs)}, since ${timeOfDay(hold.sinceMs)}`]]
}

function bakeText({ gate }: RolloutView, now: number): string {
  return gate?.kind === 'bake' ? `, ${formatDuration(gate.untilMs - now)} to go` : ''
}
