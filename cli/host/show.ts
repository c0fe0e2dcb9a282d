/** `muster host show` */
import type { Command } from 'commander'
import type { HistoryView, HostDetailView, HostView } from '../../shared/api/host.ts'
import { formatBytes } from '../../shared/package/bytes.ts'
import { wholeNumber } from '../argument.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { ago, dateAndTime } from '../text/clock.ts'
import { counted } from '../../shared/counted.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import { alignedLines } from '../text/table.ts'
import type { Run } from '../world.ts'
import { historyLines } from './history-lines.ts'
import { identityLines, labelLines } from './identity-lines.ts'
import { runsText, statusSpan } from './words.ts'

export const DEFAULT_HISTORY = 20
/** So many are kept. */
export const MAX_HISTORY_SHOWN = 200

export function addHostShow(group: Command, run: Run): void {
  const command = group.command('show')
    .summary('what a host runs, and what happened to it')
    .description('Shows a host: its labels, its machine, its load, what it runs and should run, what is under way, and what happened to it.')
    .argument('<host>', 'its name')
    .option('--history <entries>', 'so much of what happened to it, the latest first', wholeNumber('--history', 1, MAX_HISTORY_SHOWN), DEFAULT_HISTORY)
    .action(doing(run, async (context, name: string, { history: limit }: { history: number }) => {
      const [host, history] = await Promise.all([context.client.host(name), context.client.hostHistory(name, { limit })])
      await show(context, { ...host, history: history.entries }, () => [...hostLines(host, context.world.now()), ...pastLines(history)])
    }))
  withExamples(command, 'muster host show web-01', 'muster host show web-01 --history 200')
}

function hostLines(host: HostDetailView, now: number): Line[] {
  const { facts, load } = host
  return alignedLines([
    ['host', host.host],
    ['status', statusSpan(host.status)],
    ['seen', `${ago(host.seenAtMs, now)}; first ${dateAndTime(host.firstSeenAtMs)}`],
    ...labelLines(host),
    ...identityLines(host, now),
    ['machine', `${facts.os} ${facts.arch}, ${facts.cpus} CPUs, ${formatBytes(facts.memoryBytes)} memory; agent ${host.agentVersion}`],
    ['load', load === null ? 'not known' : loadText(load)],
    ...host.services.flatMap(serviceLines),
    ...host.commands.map(({ id, action, granted, killed }): Line =>
      ['open', `${id}: ${action}${granted ? ', may touch what runs' : ''}${killed === null ? '' : `, to be ended: ${killed}`}`]),
  ])
}

function serviceLines(service: HostView['services'][number]): Line[] {
  const since = service.sinceMs === null ? '' : `, since ${dateAndTime(service.sinceMs)}`
  return [
    ['runs', runsText(service) + (service.assignedBy === null ? '' : `, by ${service.assignedBy}`)],
    ...service.findings.map(({ message }): Line => ['', styled(message + since, 'odd')]),
  ]
}

function pastLines({ entries, next }: HistoryView): Line[] {
  if (entries.length === 0) return []
  const more: Line[] = next === null ? [] : [[styled('there is more; --history shows it', 'faint')]]
  return [[], ...historyLines(entries), ...more]
}

function loadText({ load1, memoryFreeBytes, diskFreeBytes, runningCommands }: NonNullable<HostView['load']>): string {
  const free = `${formatBytes(memoryFreeBytes)} memory free, ${formatBytes(diskFreeBytes)} disk free`
  return `${load1.toFixed(2)}, ${free}, ${counted(runningCommands, 'command')} running`
}
