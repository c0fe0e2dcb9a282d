/** `muster webhook list` */
import type { Command } from 'commander'
import { ANNOUNCED } from '../../shared/announcement.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { ago } from '../text/clock.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'

export function addWebhookList(group: Command, run: Run): void {
  const command = group.command('list')
    .summary('who is told of what')
    .description('Lists who is told of what.')
    .action(doing(run, async (context) => {
      const answer = await context.client.webhooks()
      const now = context.world.now()
      const rows = answer.webhooks.map(({ name, url, events, services, createdAtMs, createdBy }) => [
        name, url, events.length === ANNOUNCED.length ? 'all' : events.join(','), services, `${ago(createdAtMs, now)} by ${createdBy}`,
      ])
      await show(context, answer, () => tableLines(['WEBHOOK', 'URL', 'EVENTS', 'SERVICES', 'ADDED'], rows))
    }))
  withExamples(command, 'muster webhook list')
}
