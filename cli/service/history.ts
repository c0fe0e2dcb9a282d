/** `muster service history` */
import type { Command } from 'commander'
import type { EntriesView } from '../../shared/api/catalogue.ts'
import { doing, showPart } from '../context.ts'
import { withExamples } from '../help.ts'
import { withLimit } from '../limit.ts'
import { ago } from '../text/clock.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'

export function addServiceHistory(group: Command, run: Run): void {
  const command = withLimit(group.command('history'), 'entries')
    .summary('who changed a service, when and why')
    .description('Lists the entries that a service has had, the latest first: what each changed, who did it, and why.')
    .argument('<service>', 'its name')
    .action(doing(run, async (context, service: string, { limit }: { limit: number }) => {
      const answer = await context.client.entries(service, { limit })
      const now = context.world.now()
      const rows = answer.entries.map((entry) => [
        String(entry.entry), `${ago(entry.updatedAtMs, now)} by ${entry.updatedBy}`, changed(entry), entry.reason ?? '',
      ])
      await showPart(context, answer, () => tableLines(['>ENTRY', 'WHEN', 'CHANGED', 'REASON'], rows))
    }))
  withExamples(command, 'muster service history web', 'muster service history web --limit 5')
}

function changed({ restored, fields }: EntriesView['entries'][number]): string {
  const names = fields.join(', ')
  return restored === null ? names : `${names} (as in entry ${restored})`
}
