/** `muster rollout retry` */
import type { Command } from 'commander'
import type { Reason } from '../client.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import type { Run } from '../world.ts'
import { parseReason } from './request.ts'
import { standingLines } from './standing-lines.ts'

export function addRetry(group: Command, run: Run): void {
  const command = group.command('retry')
    .summary('try hosts again')
    .description('Tries hosts again: those that are named, or else every one that has failed, timed out or was unreachable.')
    .argument('<id>', 'the rollout, such as web-7')
    .argument('[host...]', 'hosts of the rollout')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, id: string, hosts: string[], reason: Reason) => {
      const rollout = await context.client.retry(id, { ...(hosts.length === 0 ? {} : { hosts }), ...reason })
      await show(context, rollout, () => standingLines(rollout))
    }))
  withExamples(command, 'muster rollout retry web-7', 'muster rollout retry web-7 web-03')
}
