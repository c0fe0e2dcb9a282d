/** `muster host list` */
import { Option } from 'commander'
import type { Command } from 'commander'
import { HOST_STATUSES } from '../../shared/api/host.ts'
import type { HostStatus } from '../../shared/api/host.ts'
import { parseHosts } from '../argument.ts'
import { doing, showPart } from '../context.ts'
import { withExamples } from '../help.ts'
import { withLimit } from '../limit.ts'
import { renamed } from '../refusal.ts'
import { ago } from '../text/clock.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'
import { labelsText, runsText, statusSpan } from './words.ts'

type Flags = { hosts?: string; status?: HostStatus; limit: number; after?: string }

export function addHostList(group: Command, run: Run): void {
  const command = withLimit(group.command('list'), 'hosts')
    .summary('hosts: whether they are there, and what they run')
    .description('Lists the hosts that have ever connected, by name: whether they are there, and what they run.')
    .option('--hosts <selector>', 'only these: labels, names, globs', parseHosts)
    .addOption(new Option('--status <status>', 'only these; silent: connected, but nothing is heard of it').choices(HOST_STATUSES))
    .option('--after <host>', 'begin behind this name: the next page')
    .action(doing(run, async (context, { hosts: selector, status, limit, after: cursor }: Flags) => {
      const answer = await context.client.hosts({ selector, status, limit, cursor }).catch((error: unknown) => {
        throw renamed(error, (field) => (field === 'selector' ? '--hosts' : null))
      })
      const now = context.world.now()
      const rows = answer.hosts.map((host) => [
        host.host, statusSpan(host.status), host.services.map(runsText).join(', '), labelsText(host.labels), ago(host.seenAtMs, now),
      ])
      await showPart(context, answer, () => tableLines(['HOST', 'STATUS', 'RUNS', 'LABELS', 'SEEN'], rows))
    }))
  withExamples(command, 'muster host list', 'muster host list --hosts \'env=prod,dc!=sg\'', 'muster host list --status away')
}
