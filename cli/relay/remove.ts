/** `muster relay remove` */
import type { Command } from 'commander'
import type { Reason } from '../client.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { parseReason } from '../rollout/request.ts'
import type { Run } from '../world.ts'

export function addRelayRemove(group: Command, run: Run): void {
  const command = group.command('remove')
    .summary('take a relay out for good: nobody is told of it any more')
    .description('Takes a relay out for good: its identity is gone, no coordinator gives it anything, and hosts are told of others. Hosts that fetch from it '
      + 'just now go on elsewhere. It joins again only with a new token; its process goes on until somebody ends it.')
    .argument('<relay>', 'its name')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, name: string, reason: Reason) => {
      const removed = await context.client.removeRelay(name, reason)
      await show(context, removed, () => [[`${name} removed`]])
    }))
  withExamples(command, 'muster relay remove relay-fra --reason \'its disk is gone\'')
}
