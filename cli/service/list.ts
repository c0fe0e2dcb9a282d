/** `muster service list` */
import type { Command } from 'commander'
import { doing, showPart } from '../context.ts'
import { withExamples } from '../help.ts'
import { withLimit } from '../limit.ts'
import { ago } from '../text/clock.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'

export function addServiceList(group: Command, run: Run): void {
  const command = withLimit(group.command('list'), 'services')
    .summary('the services of the catalogue')
    .description('Lists the services of the catalogue.')
    .action(doing(run, async (context, { limit }: { limit: number }) => {
      const answer = await context.client.services({ limit })
      const now = context.world.now()
      const rows = answer.services.map(({ spec, entry, updatedAtMs, updatedBy }) => [
        spec.service, spec.path, spec.hosts, String(entry), `${ago(updatedAtMs, now)} by ${updatedBy}`,
      ])
      await showPart(context, answer, () => tableLines(['SERVICE', 'PATH', 'HOSTS', '>ENTRY', 'CHANGED'], rows))
    }))
  withExamples(command, 'muster service list')
}
