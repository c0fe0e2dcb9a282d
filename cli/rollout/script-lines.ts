/** The scripts of a rollout that run once: where each is, where it ran, since when, and what it said when it failed. */
import type { RolloutView } from '../../shared/api/rollout.ts'
import { formatDuration } from '../../shared/duration.ts'
import { counted } from '../../shared/counted.ts'
import { styled } from '../text/line.ts'
import type { Line, Tone } from '../text/line.ts'
import { alignedLines } from '../text/table.ts'

type Script = RolloutView['scripts'][number]

/** Tests of later waves than this one are only counted. */
const TESTS_TO_COME_SHOWN = 1

/** As they take their turns; what undoes others comes last. */
const PLACES: Record<Script['purpose'], number> = { before: 0, test: 1, after: 2, undo: 3 }

const TONES: Record<Script['state'], Tone> = {
  waiting: 'faint', sent: 'busy', running: 'busy', succeeded: 'good', failed: 'bad', 'timed-out': 'bad', unknown: 'odd', skipped: 'faint',
}

export function scriptLines({ scripts }: Pick<RolloutView, 'scripts'>, now: number): Line[] {
  const toCome = scripts.filter((script) => script.purpose === 'test' && script.state === 'waiting' && !script.away)
  const left = new Set(toCome.slice(TESTS_TO_COME_SHOWN))
  const shown = scripts.filter((script) => !left.has(script)).toSorted((a, b) => PLACES[a.purpose] - PLACES[b.purpose])
  const more: Line[] = left.size === 0 ? [] : [[styled(`and ${counted(left.size, 'test')} of later waves`, 'faint')]]
  return [...alignedLines(shown.map((script) => rowOf(script, now))), ...more]
}

function rowOf(script: Script, now: number): Line {
  const { purpose, name, wave, state, host, away, sinceMs, failure } = script
  const title = purpose === 'undo' ? `${name}-undo` : name
  const occasion = purpose === 'test' ? `test of wave ${(wave ?? 0) + 1}` : purpose
  const forLong = formatDuration(now - sinceMs)
  const since = away || TONES[state] === 'busy' ? `for ${forLong}` : state === 'waiting' ? '' : `${forLong} ago`
  const row = [title, styled(occasion, 'faint'), styled(state, TONES[state]), away ? 'no host is here' : (host ?? ''), since, failure?.message ?? '']
  return row.slice(0, row.findLastIndex((cell) => cell !== '') + 1)
}
