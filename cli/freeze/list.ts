/** `muster freeze list` */
import type { Command } from 'commander'
import { doing, showPart } from '../context.ts'
import { withExamples } from '../help.ts'
import { withLimit } from '../limit.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'
import { windowOf } from './window.ts'

export function addFreezeList(group: Command, run: Run): void {
  const command = withLimit(group.command('list'), 'freezes')
    .summary('freeze windows, and which are open')
    .description('Lists freeze windows, by name, and which are open.')
    .action(doing(run, async (context, { limit }: { limit: number }) => {
      const answer = await context.client.freezes({ limit })
      const now = context.world.now()
      const rows = answer.freezes.map((one) => [one.name, windowOf(one, now), one.services ?? '*', one.hosts ?? '*', one.by, one.reason])
      await showPart(context, answer, () => tableLines(['FREEZE', 'WINDOW', 'SERVICES', 'HOSTS', 'BY', 'REASON'], rows))
    }))
  withExamples(command, 'muster freeze list')
}
