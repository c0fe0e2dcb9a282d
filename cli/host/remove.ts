/** `muster host remove` */
import type { Command } from 'commander'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import type { RemovedHostView } from '../../shared/api/host.ts'
import type { Run } from '../world.ts'

export function addHostRemove(group: Command, run: Run): void {
  const command = group.command('remove')
    .summary('take a host out for good: its agent cannot connect any more')
    .description('Takes a host out for good, connected or not: its agent cannot connect from now on, and joins again only with a new token. '
      + 'It counts no longer (not in lists, not in plans, not as away), at the latest when it is removed again after the rollouts that count on it have ended. '
      + 'What runs on the host goes on running, its agent too: Muster only stops listening.')
    .argument('<host>', 'its name')
    .option('--reason <text>', 'why; it is in the record')
    .action(doing(run, async (context, name: string, { reason }: { reason?: string }) => {
      const removed = await context.client.removeHost(name, reason === undefined ? {} : { reason })
      await show(context, removed, () => removedLines(removed))
    }))
  withExamples(command, 'muster host remove web-17 --reason \'scrapped\'')
}

function removedLines(removed: RemovedHostView): Line[] {
  const { host } = removed
  if (removed.outcome === 'removed') return [[`${host} removed`]]
  const { rollouts } = removed
  const [first] = rollouts
  const are = rollouts.length === 1 ? 'has' : 'have'
  return [
    [`${host} revoked: its agent cannot connect any more`],
    [styled(`It is part of ${rollouts.join(', ')}, which ${are} not ended; remove it again then, and it is forgotten.`, 'faint')],
    [styled(`muster rollout skip ${first} ${host} keeps the rollout from waiting for it.`, 'faint')],
  ]
}
