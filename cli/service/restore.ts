/** `muster service restore`: what an earlier entry said becomes a new entry. */
import type { Command } from 'commander'
import type { Reason } from '../client.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { parseReason } from '../rollout/request.ts'
import type { Run } from '../world.ts'
import { changeLines } from './change-lines.ts'
import { parseEntry } from './entry-argument.ts'

export function addServiceRestore(group: Command, run: Run): void {
  const command = group.command('restore')
    .summary('put back what an earlier entry said')
    .description('Makes a new entry with the content of an earlier one. Running hosts change with the next rollout, not before.')
    .argument('<service>', 'its name')
    .argument('<entry>', 'number of the entry, from muster service history', parseEntry)
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, name: string, entry: number, reason: Reason) => {
      const restored = await context.client.restore(name, entry, reason)
      const { outcome, service, changes } = restored
      const title = outcome === 'unchanged'
        ? `${name} unchanged: entry ${service.entry} says what entry ${entry} said`
        : `${name} restored, entry ${service.entry} says what entry ${entry} said`
      await show(context, restored, () => [[title], ...changeLines(changes)])
    }))
  withExamples(command, 'muster service restore web 3 --reason \'the new limits are too tight\'')
}
