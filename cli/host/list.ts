/** `muster host list` */
import type { Command } from 'commander'
import type { HostView } from '../../shared/api/host.ts'
import { parseHosts } from '../argument.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { renamed } from '../refusal.ts'
import { ago } from '../text/clock.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'
import { labelsText, runsText, statusSpan } from './words.ts'

export function addHostList(group: Command, run: Run): void {
  const command = group.command('list')
    .description('Lists the hosts that have ever connected: whether they are there, and what they run.')
    .option('--hosts <selector>', 'only these: labels, names, globs', parseHosts)
    .action(doing(run, async (context, { hosts }: { hosts?: string }) => {
      const answer = await context.client.hosts(hosts).catch((error: unknown) => {
        throw renamed(error, (field) => (field === 'selector' ? '--hosts' : null))
      })
      const now = context.world.now()
      const rows = answer.hosts.map((host: HostView) => [
        host.host, statusSpan(host.status), host.services.map(runsText).join(', '), labelsText(host.labels), ago(host.seenAtMs, now),
      ])
      await show(context, answer, () => tableLines(['HOST', 'STATUS', 'RUNS', 'LABELS', 'SEEN'], rows))
    }))
  withExamples(command, 'muster host list', 'muster host list --hosts \'env=prod,dc!=sg\'')
}
