/** `muster freeze remove` */
import type { Command } from 'commander'
import type { Reason } from '../client.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { parseReason } from '../rollout/request.ts'
import type { Run } from '../world.ts'

export function addFreezeRemove(group: Command, run: Run): void {
  const command = group.command('remove')
    .summary('take a freeze window away')
    .description('Takes a freeze window away. What it held goes on within seconds.')
    .argument('<name>', 'its name')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, name: string, reason: Reason) => {
      const freeze = await context.client.removeFreeze(name, reason)
      await show(context, freeze, () => [[`${name} is removed`]])
    }))
  withExamples(command, 'muster freeze remove christmas --reason \'the fix cannot wait\'')
}
