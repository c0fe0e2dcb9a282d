/** `muster rollout skip` */
import type { Command } from 'commander'
import type { Reason } from '../client.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { hostRanges } from '../text/host-ranges.ts'
import type { Run } from '../world.ts'
import { parseReason } from './request.ts'
import { standingLines } from './standing-lines.ts'

export function addSkip(group: Command, run: Run): void {
  const command = group.command('skip')
    .summary('leave hosts out, or stop waiting for them')
    .description('Leaves hosts out of a rollout. One whose outcome is unknown gives its slot back: be sure that nothing runs there any more. '
      + 'A rollback still puts back what was done there before.')
    .argument('<id>', 'the rollout, such as web-7')
    .argument('<host...>', 'hosts of the rollout')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, id: string, hosts: string[], reason: Reason) => {
      const rollout = await context.client.skip(id, { hosts, ...reason })
      await show(context, rollout, () => [[`left out: ${hostRanges(hosts)}`], ...standingLines(rollout)])
    }))
  withExamples(command, 'muster rollout skip web-7 web-03', 'muster rollout skip web-7 web-03 web-11 --reason \'in repair\'')
}
