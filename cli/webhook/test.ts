/** `muster webhook test` */
import type { Command } from 'commander'
import { doing, show } from '../context.ts'
import { EXIT } from '../exit.ts'
import { withExamples } from '../help.ts'
import type { Run } from '../world.ts'

export function addWebhookTest(group: Command, run: Run): void {
  const command = group.command('test')
    .summary('send one message now')
    .description('Sends one message now, of type webhook.test, and says how that went. Exits with 1 when it did not arrive.')
    .argument('<webhook>', 'its name')
    .action(doing(run, async (context, name: string) => {
      const tried = await context.client.testWebhook(name)
      await show(context, tried, () => [[tried.error === null ? `${name} answered ${tried.status} in ${tried.tookMs} ms` : `${name}: ${tried.error}`]])
      return tried.error === null ? EXIT.ok : EXIT.notWell
    }))
  withExamples(command, 'muster webhook test chat')
}
