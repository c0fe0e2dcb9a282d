/** `muster rollout retry` */
import type { Command } from 'commander'
import { problem } from '../../shared/errors.ts'
import type { Reason } from '../client.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { hostRanges } from '../text/host-ranges.ts'
import type { Run } from '../world.ts'
import { parseReason } from './request.ts'
import { standingLines } from './standing-lines.ts'

type Flags = Reason & { failed?: boolean; notStarted?: boolean }

const MORE = 'Tries hosts again: those that are named, or else every one that failed, timed out or was unreachable (--failed). With --not-started, those that '
  + 'nothing was done on: skipped or unreachable ones, and what an abort has left behind.'

export function addRetry(group: Command, run: Run): void {
  const command = group.command('retry')
    .summary('try hosts again')
    .description(MORE)
    .argument('<id>', 'the rollout, such as web-7')
    .argument('[host...]', 'hosts of the rollout')
    .option('--failed', 'every host that failed, timed out or was unreachable; the default')
    .option('--not-started', 'every host that nothing was done on, also after an abort')
    .option('--reason <text>', 'why, for those who look at it later', parseReason)
    .action(doing(run, async (context, id: string, hosts: string[], flags: Flags) => {
      const { reason, failed = false, notStarted = false } = flags
      if (Number(failed) + Number(notStarted) + Number(hosts.length > 0) > 1) {
        const where = { field: 'host, --failed, --not-started', expected: 'names of hosts, or one of the flags' }
        throw problem('flag_invalid', 'it can be only one of these', where)
      }
      const which = hosts.length > 0 ? { hosts } : notStarted ? { which: 'not-started' as const } : {}
      const rollout = await context.client.retry(id, { ...which, ...(reason === undefined ? {} : { reason }) })
      const all = notStarted ? 'every host that it had not begun' : 'every host that failed, timed out or was unreachable'
      const whom = hosts.length > 0 ? hostRanges(hosts) : all
      await show(context, rollout, () => [[`tries again: ${whom}`], ...standingLines(rollout)])
    }))
  withExamples(command, 'muster rollout retry web-7', 'muster rollout retry web-7 web-03', 'muster rollout retry web-7 --not-started')
}
