/** `muster token revoke` */
import type { Command } from 'commander'
import type { Reason } from '../client.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { parseReason } from '../rollout/request.ts'
import type { Run } from '../world.ts'

export function addTokenRevoke(group: Command, run: Run): void {
  const command = group.command('revoke')
    .summary('make a token worthless')
    .description('Makes a token worthless, within seconds. Machines that have joined with it stay: `muster host remove` takes one out.')
    .argument('<token>', 'its id')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, id: string, reason: Reason) => {
      const revoked = await context.client.revokeToken(id, reason)
      await show(context, revoked, () => [[`${id} is revoked`]])
    }))
  withExamples(command, 'muster token revoke 5f0c2a9be417 --reason \'the laptop is lost\'')
}
