/** A bar per wave. A host is in one part of its wave's bar, whichever way it goes. */
import type { RolloutView } from '../../shared/api/rollout.ts'
import type { Direction, TaskState } from '../../shared/states.ts'
import { barLine } from '../text/bar.ts'
import type { Part } from '../text/bar.ts'
import { counted } from '../../shared/counted.ts'
import { styled, widthOf } from '../text/line.ts'
import type { Line, Tone } from '../text/line.ts'
import { countOf, succeededOf } from './count.ts'
import type { Wave } from './count.ts'

export const BAR_CELLS = 30
/** More waves than this are cut down to those around the present one. */
export const MAX_BARS = 12
const BARS_BEFORE = 3

type Kind = { mark: string; tone: Tone; word: string; states: [Direction, TaskState[]][] }

const KINDS: Kind[] = [
  { mark: '█', tone: 'good', word: 'succeeded', states: [['forward', ['succeeded']]] },
  { mark: '◀', tone: 'back', word: 'put back', states: [['back', ['succeeded']]] },
  { mark: '▒', tone: 'busy', word: 'in work', states: [['forward', ['sent', 'claimed', 'running']], ['back', ['sent', 'claimed', 'running']]] },
  { mark: '?', tone: 'odd', word: 'unknown', states: [['forward', ['unknown']], ['back', ['unknown']]] },
  { mark: '✗', tone: 'bad', word: 'failed', states: [['forward', ['failed', 'timed-out']], ['back', ['failed', 'timed-out']]] },
  { mark: '-', tone: 'faint', word: 'left out', states: [['forward', ['unreachable', 'skipped']], ['back', ['unreachable', 'skipped']]] },
  { mark: '·', tone: 'faint', word: 'not begun', states: [['forward', ['waiting', 'withdrawn']], ['back', ['waiting', 'withdrawn']]] },
]

export function waveLines({ waves, wave: present }: Pick<RolloutView, 'waves' | 'wave'>): Line[] {
  const first = waves.length <= MAX_BARS ? 0 : Math.max(0, Math.min(present - BARS_BEFORE, waves.length - MAX_BARS))
  const shown = waves.slice(first, first + MAX_BARS)
  const numberWidth = String(first + shown.length).length
  const sizeWidth = Math.max(...shown.map(({ size }) => String(size).length))
  const bars = shown.map((wave, index): Line => {
    const label = `wave ${String(first + index + 1).padStart(numberWidth)}`
    const bar = barLine(partsOf(wave), Math.min(BAR_CELLS, Math.max(wave.size, BAR_CELLS / 3)))
    const done = `${String(succeededOf([wave])).padStart(sizeWidth)}/${wave.size}`
    return [first + index === present ? styled(label, 'strong') : label, '  ', ...bar, ' '.repeat(BAR_CELLS - widthOf(bar)), '  ', done]
  })
  return [...summary(waves.slice(0, first), 'earlier'), ...bars, ...summary(waves.slice(first + MAX_BARS), 'later')]
}

/** What the marks of these bars mean. */
export function legendLine({ waves }: Pick<RolloutView, 'waves'>): Line {
  const seen = KINDS.filter(({ states }) => states.some(([direction, inner]) => countOf(waves, direction, inner) > 0))
  return seen.flatMap(({ mark, tone, word }, index): Line => [index === 0 ? '' : '  ', styled(mark, tone), styled(` ${word}`, 'faint')])
}

function partsOf(wave: Wave): Part[] {
  return KINDS.map(({ mark, tone, states }) => ({ mark, tone, count: states.reduce((sum, [way, inner]) => sum + countOf([wave], way, inner), 0) }))
}

function summary(waves: readonly Wave[], which: 'earlier' | 'later'): Line[] {
  if (waves.length === 0) return []
  const hosts = waves.reduce((sum, { size }) => sum + size, 0)
  return [[styled(`${counted(waves.length, `${which} wave`)}: ${succeededOf(waves)}/${hosts}`, 'faint')]]
}
