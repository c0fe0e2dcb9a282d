/** `muster drift`: which hosts are not as they should be. */
import type { Command } from 'commander'
import type { DriftGroupView, InspectedView, ServiceDriftView } from '../shared/api/drift.ts'
import { print, doing, show } from './context.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { withExamples } from './help.ts'
import { dateAndTime } from './text/clock.ts'
import { counted } from '../shared/counted.ts'
import { hostRanges } from './text/host-ranges.ts'
import { styled } from './text/line.ts'
import type { Line } from './text/line.ts'
import type { Run } from './world.ts'

export function addDrift(program: Command, run: Run): void {
  const command = program.command('drift')
    .summary('hosts that are not as they should be')
    .description('Shows the hosts that run something else than they are assigned, or find that it is not as it was put there: changed files of a release, '
      + 'processes that do not run from it, a link that points elsewhere; and those that have not gone along with their service. Hosts that are away, or '
      + 'that a rollout is at work on, are shown apart. '
      + 'Exit code 1 where a host has drifted, 0 where none has.')
    .argument('[service]', 'this one alone')
    .option('--inspect', 'have every connected host look now, and wait for what it finds; otherwise each looks now and then')
    .action(doing(run, async (context, service: string | undefined, { inspect = false }: { inspect?: boolean }) => {
      if (inspect) await inspectAll(context, service)
      const drift = await context.client.drift(service)
      await show(context, drift, () => drift.services.flatMap((one, index) => [...(index === 0 ? [] : [[]]), ...driftLines(one)]))
      return drift.services.some(({ drifted }) => drifted > 0) ? EXIT.notWell : EXIT.ok
    }))
  withExamples(command, 'muster drift', 'muster drift web --inspect')
}

async function inspectAll({ client, world }: Context, service: string | undefined): Promise<void> {
  const services = service === undefined ? (await client.drift(undefined)).services.map((one) => one.service) : [service]
  const silent: string[] = []
  for (const name of services) {
    for (let cursor: string | null = ''; cursor !== null;) {
      const answer: InspectedView = await client.inspect(name, cursor === '' ? undefined : cursor)
      silent.push(...answer.silent)
      cursor = answer.next
    }
  }
  if (silent.length > 0) await print(world.stderr, [[`${counted(silent.length, 'host')} did not answer, and may not be as shown: ${hostRanges(silent)}`]])
}

function driftLines({ service, policy, well, drifted, groups, deploying, leftAlone, away }: ServiceDriftView): Line[] {
  const taken = policy === 'converge' ? '; they are taken back by themselves' : '; the entry says drift: report'
  // The policy is not about hosts that are behind.
  const converges = groups.every(({ kind }) => kind === 'behind') ? '' : taken
  return [
    [styled(service, 'strong'), `  ${counted(well, 'host')} well, `, styled(`${drifted} drifted`, drifted > 0 ? 'bad' : 'faint'), converges],
    ...groups.flatMap(groupLines),
    ...leftAloneLines(leftAlone),
    ...deploying.map(({ rollout, hosts }): Line => [styled(`  being deployed by ${rollout}: `, 'busy'), hostsText(hosts)]),
    ...(away === null ? [] : [[styled('  away: ', 'odd'), `${hostsText(away.hosts)}, the longest since ${dateAndTime(away.sinceMs)}`]]),
  ]
}

function leftAloneLines(left: ServiceDriftView['leftAlone']): Line[] {
  const byReason = Map.groupBy(left, ({ why }) => why)
  return [...byReason].map(([why, of]): Line => [styled(`  left to you (${why}): `, 'bad'), hostsText(of.map(({ host }) => host))])
}

function hostsText(hosts: readonly string[]): string {
  return `${counted(hosts.length, 'host')}: ${hostRanges(hosts)}`
}

const TITLES: Record<DriftGroupView['kind'], string> = {
  other: 'revision', missing: 'missing', surplus: 'surplus', behind: 'behind', files: 'files', process: 'process', link: 'link',
}

function groupLines({ kind, message, count, hosts, sinceMs }: DriftGroupView): Line[] {
  const more = count > hosts.length ? ` and ${counted(count - hosts.length, 'more host')}` : ''
  const since = sinceMs === null ? '' : `, since ${dateAndTime(sinceMs)}`
  return [
    [styled(`  ${TITLES[kind]}: `, 'bad'), message],
    [styled(`    ${counted(count, 'host')}: ${hostRanges(hosts)}${more}${since}`, 'faint')],
  ]
}
