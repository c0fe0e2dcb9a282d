/** `muster relay list` */
import type { Command } from 'commander'
import type { RelayView } from '../../shared/api/relay.ts'
import { formatBytes } from '../../shared/package/bytes.ts'
import { doing, showPart } from '../context.ts'
import { withExamples } from '../help.ts'
import { withLimit } from '../limit.ts'
import { ago } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'

type Flags = { limit: number; after?: string }

export function addRelayList(group: Command, run: Run): void {
  const command = withLimit(group.command('list'), 'relays')
    .summary('relays: whether they are heard, and what they do')
    .description('Lists the relays that have joined, by name: whether they are heard, which datacenter they serve, what they keep, and what they have sent '
      + 'to hosts and fetched themselves since they were started.')
    .option('--after <relay>', 'begin behind this name: the next page')
    .action(doing(run, async (context, { limit, after: cursor }: Flags) => {
      const answer = await context.client.relays({ limit, cursor })
      const now = context.world.now()
      await showPart(context, answer, () => tableLines(['RELAY', 'STATUS', 'DC', 'URL', 'VERSION', 'CACHE', 'SENT', 'FETCHED', 'HOSTS', 'SEEN'],
        answer.relays.map((relay) => [
          relay.relay, styled(relay.status, relay.status === 'up' ? 'good' : 'bad'), relay.dc, relay.url ?? '', relay.version ?? '',
          ...figuresText(relay.figures), relay.seenAtMs === null ? 'never' : ago(relay.seenAtMs, now),
        ])))
    }))
  withExamples(command, 'muster relay list', 'muster relay list --json')
}

function figuresText(figures: RelayView['figures']): string[] {
  if (figures === null) return ['', '', '', '']
  const { cachedBytes, cacheMaxBytes, sentBytes, fetchedBytes, hosts } = figures
  return [`${formatBytes(cachedBytes)} of ${formatBytes(cacheMaxBytes)}`, formatBytes(sentBytes), formatBytes(fetchedBytes), String(hosts)]
}
