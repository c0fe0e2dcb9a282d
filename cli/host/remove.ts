/** `muster host remove` */
import type { Command } from 'commander'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import type { Run } from '../world.ts'

export function addHostRemove(group: Command, run: Run): void {
  const command = group.command('remove')
    .summary('forget a host that is gone for good')
    .description('Forgets a host that is gone for good, so that it counts no longer: not in lists, not in plans, not as away. '
      + 'Refused while it is connected, or part of a rollout that has not ended. If its agent ever comes again, it is a new host.')
    .argument('<host>', 'its name')
    .option('--reason <text>', 'why; it is in the record')
    .action(doing(run, async (context, name: string, { reason }: { reason?: string }) => {
      const removed = await context.client.removeHost(name, reason === undefined ? {} : { reason })
      await show(context, removed, () => [[`${name} removed`]])
    }))
  withExamples(command, 'muster host remove web-17 --reason \'scrapped\'')
}
