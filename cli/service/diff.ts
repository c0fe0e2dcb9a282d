/** `muster service diff` */
import type { Command } from 'commander'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { styled } from '../text/line.ts'
import type { Run } from '../world.ts'
import { changeLines } from './change-lines.ts'
import { parseEntry } from './entry-argument.ts'

export function addServiceDiff(group: Command, run: Run): void {
  const command = group.command('diff')
    .summary('what is different between two entries')
    .description('Shows field by field what is different between two entries of a service: by default the latest and the one before it.')
    .argument('<service>', 'its name')
    .argument('[from]', 'number of the earlier entry (default: the one before the other)', parseEntry)
    .argument('[to]', 'number of the later entry (default: the latest)', parseEntry)
    .action(doing(run, async (context, service: string, from: number | undefined, to: number | undefined) => {
      const answer = await context.client.diff(service, { from, to })
      const title = `${answer.service}, entry ${answer.from} → ${answer.to}`
      await show(context, answer, () => [
        [styled(answer.changes.length === 0 ? `${title}: no difference` : title, 'strong')], ...changeLines(answer.changes),
      ])
    }))
  withExamples(command, 'muster service diff web', 'muster service diff web 3', 'muster service diff web 3 5')
}
