/** `muster rollout list` */
import type { Command } from 'commander'
import type { RolloutView } from '../../shared/api/rollout.ts'
import { shortened } from '../../shared/shortened.ts'
import { wholeNumber } from '../argument.ts'
import { doing, show } from '../context.ts'
import type { Context } from '../context.ts'
import { withExamples } from '../help.ts'
import { ago } from '../text/clock.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'
import { succeededOf } from './count.ts'
import { phaseSpan } from './standing-lines.ts'

export const DEFAULT_ROLLOUTS = 20
export const MAX_ROLLOUTS = 1000
/** What is run on hosts may be a whole program; `rollout show` has all of it. */
const SHOWN_RELEASE_CHARS = 40

type Flags = { service?: string; limit: number }

export function addRolloutList(group: Command, run: Run): void {
  const command = group.command('list')
    .summary('rollouts, the latest first')
    .description('Lists rollouts, the latest first.')
    .option('--service <service>', 'of this service alone')
    .option('--limit <rollouts>', 'so many at most', wholeNumber('--limit', 1, MAX_ROLLOUTS), DEFAULT_ROLLOUTS)
    .action(doing(run, async (context, { service, limit }: Flags) => listRollouts(context, { service, limit })))
  withExamples(command, 'muster rollout list', 'muster rollout list --service web --limit 5')
}

async function listRollouts(context: Context, { service, limit }: { service: string | undefined; limit: number }): Promise<void> {
  const page = await context.client.rollouts({ service, limit })
  const now = context.world.now()
  await show(context, page, () => tableLines(
    ['ROLLOUT', 'KIND', 'SERVICE', 'RELEASE', 'PHASE', '>WAVE', '>DONE', 'STARTED'], page.rollouts.map((rollout) => rowOf(rollout, now)),
  ))
}

function rowOf(rollout: RolloutView, now: number) {
  const { id, kind, service, release, wave, waves, hosts, createdAtMs, actor } = rollout
  return [
    id, kind, service, shortened(release, SHOWN_RELEASE_CHARS), phaseSpan(rollout),
    `${wave + 1}/${waves.length}`, `${succeededOf(waves)}/${hosts}`, `${ago(createdAtMs, now)} by ${actor}`,
  ]
}
