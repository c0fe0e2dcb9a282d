/** `muster schedule list` */
import type { Command } from 'commander'
import { doing, showPart } from '../context.ts'
import { withExamples } from '../help.ts'
import { withLimit } from '../limit.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'
import { nextOf, whenOf } from './time-flags.ts'

export function addScheduleList(group: Command, run: Run): void {
  const command = withLimit(group.command('list'), 'schedules')
    .summary('schedules, by name')
    .description('Lists schedules, by name.')
    .action(doing(run, async (context, { limit }: { limit: number }) => {
      const answer = await context.client.schedules({ limit })
      const now = context.world.now()
      const rows = answer.schedules.map((one) => [
        one.name, `${one.service}@${one.release}`, whenOf(one), nextOf(one, now), one.firings[0]?.outcome ?? '', one.by,
      ])
      await showPart(context, answer, () => tableLines(['SCHEDULE', 'RELEASE', 'WHEN', 'NEXT', 'LAST', 'BY'], rows))
    }))
  withExamples(command, 'muster schedule list')
}
