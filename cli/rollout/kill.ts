/** `muster rollout kill` */
import type { Command } from 'commander'
import type { Reason } from '../client.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { hostRanges } from '../text/host-ranges.ts'
import type { Run } from '../world.ts'
import { parseReason } from './request.ts'
import { standingLines } from './standing-lines.ts'

export function addKill(group: Command, run: Run): void {
  const command = group.command('kill')
    .summary('end what a rollout does on a host, now')
    .description('Ends the attempt that runs on a host. The host puts itself back to what ran before; it has failed, and is tried again only when asked for.')
    .argument('<id>', 'the rollout, such as web-7')
    .argument('<host...>', 'hosts of the rollout')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, id: string, hosts: string[], reason: Reason) => {
      const rollout = await context.client.kill(id, { hosts, ...reason })
      await show(context, rollout, () => [[`being ended: ${hostRanges(hosts)}`], ...standingLines(rollout)])
    }))
  withExamples(command, 'muster rollout kill web-7 web-03 --reason \'its start hangs\'')
}
