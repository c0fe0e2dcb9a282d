/** `muster webhook remove` */
import type { Command } from 'commander'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import type { Run } from '../world.ts'

export function addWebhookRemove(group: Command, run: Run): void {
  const command = group.command('remove')
    .summary('tell a receiver nothing more')
    .description('Removes a webhook, and with it what is still on its way.')
    .argument('<webhook>', 'its name')
    .action(doing(run, async (context, name: string) => {
      const removed = await context.client.removeWebhook(name)
      await show(context, removed, () => [[`${name} removed`]])
    }))
  withExamples(command, 'muster webhook remove chat')
}
