/** `muster host show` */
import type { Command } from 'commander'
import type { HostView } from '../../shared/api/host.ts'
import { formatBytes } from '../../shared/package/bytes.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { ago, dateAndTime } from '../text/clock.ts'
import { counted } from '../text/counted.ts'
import type { Line } from '../text/line.ts'
import { alignedLines } from '../text/table.ts'
import type { Run } from '../world.ts'
import { labelsText, runsText, statusSpan } from './words.ts'

export function addHostShow(group: Command, run: Run): void {
  const command = group.command('show')
    .description('Shows a host: its labels, its machine, its load, and what it runs.')
    .argument('<host>', 'its name')
    .action(doing(run, async (context, name: string) => {
      const host = await context.client.host(name)
      await show(context, host, () => hostLines(host, context.world.now()))
    }))
  withExamples(command, 'muster host show web-01')
}

function hostLines(host: HostView, now: number): Line[] {
  const { facts, load } = host
  return alignedLines([
    ['host', host.host],
    ['status', statusSpan(host.status)],
    ['seen', `${ago(host.seenAtMs, now)}; first ${dateAndTime(host.firstSeenAtMs)}`],
    ['labels', labelsText(host.labels)],
    ['machine', `${facts.os} ${facts.arch}, ${facts.cpus} CPUs, ${formatBytes(facts.memoryBytes)} memory; agent ${host.agentVersion}`],
    ['load', load === null ? 'not known' : loadText(load)],
    ...host.services.map((service): Line => ['runs', runsText(service) + (service.assignedBy === null ? '' : `, by ${service.assignedBy}`)]),
  ])
}

function loadText({ load1, memoryFreeBytes, diskFreeBytes, runningCommands }: NonNullable<HostView['load']>): string {
  const free = `${formatBytes(memoryFreeBytes)} memory free, ${formatBytes(diskFreeBytes)} disk free`
  return `${load1.toFixed(2)}, ${free}, ${counted(runningCommands, 'command')} running`
}
