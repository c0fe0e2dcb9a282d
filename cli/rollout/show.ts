/** `muster rollout show` */
import type { Command } from 'commander'
import type { RolloutView, TaskView } from '../../shared/api/rollout.ts'
import { hasEnded } from '../../shared/states.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import type { Line } from '../text/line.ts'
import type { Run } from '../world.ts'
import { attentionOf, failureLines, slowLines } from './attention.ts'
import type { Attention } from './attention.ts'
import { fetchingLines, fetchingOf } from './fetch-lines.ts'
import { scriptLines } from './script-lines.ts'
import { askedLines, headLines } from './standing-lines.ts'
import { legendLine, waveLines } from './wave-lines.ts'

/** Without having watched it, nobody knows what is usual; a step that takes this long is worth a look. */
export const SLOW_AFTER_MS = 30_000
const MAX_GROUPS = 20
const MAX_SLOW = 20
const MAX_FETCHING = 20
const MAX_ASKED = 20

export function addRolloutShow(group: Command, run: Run): void {
  const command = group.command('show')
    .summary('where a rollout stands, and why')
    .description('Shows where a rollout stands, why, what would move it, and which hosts are in trouble.')
    .argument('<id>', 'the rollout, such as web-7')
    .action(doing(run, async (context, id: string) => {
      const rollout = await context.client.rollout(id)
      const attention = await attentionOf(context.client, id)
      const fetching = await fetchingOf(context.client, rollout)
      await show(context, { ...rollout, ...attention, fetching }, () => rolloutLines(rollout, attention, context.world.now(), fetching))
    }))
  withExamples(command, 'muster rollout show web-7', 'muster rollout show web-7 --json')
}

export function rolloutLines(rollout: RolloutView, attention: Attention, now: number, fetching: readonly TaskView[] = []): Line[] {
  const slow = hasEnded(rollout.phase) ? [] : slowLines(attention, { now, slowAfterMs: SLOW_AFTER_MS, max: MAX_SLOW })
  const blocks = [
    headLines(rollout, now),
    [...waveLines(rollout), legendLine(rollout)],
    scriptLines(rollout, now),
    failureLines(attention, MAX_GROUPS),
    fetchingLines(fetching, MAX_FETCHING),
    slow,
    askedLines(rollout, MAX_ASKED),
  ]
  return blocks.filter((block) => block.length > 0).flatMap((block, index): Line[] => (index === 0 ? block : [[], ...block]))
}
