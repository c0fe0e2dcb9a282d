/** `muster service list` */
import type { Command } from 'commander'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { ago } from '../text/clock.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'

export function addServiceList(group: Command, run: Run): void {
  const command = group.command('list')
    .description('Lists the services of the catalogue.')
    .action(doing(run, async (context) => {
      const answer = await context.client.services()
      const now = context.world.now()
      const rows = answer.services.map(({ spec, entry, updatedAtMs, updatedBy }) => [
        spec.service, spec.path, spec.hosts, String(entry), `${ago(updatedAtMs, now)} by ${updatedBy}`,
      ])
      await show(context, answer, () => tableLines(['SERVICE', 'PATH', 'HOSTS', '>ENTRY', 'CHANGED'], rows))
    }))
  withExamples(command, 'muster service list')
}
