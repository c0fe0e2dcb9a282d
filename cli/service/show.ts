/** `muster service show`: the entry as the catalogue has it, every default filled in. */
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { wholeNumber } from '../argument.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { dateAndTime } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import type { Run } from '../world.ts'
import { MAX_ENTRY } from './entry-argument.ts'

export function addServiceShow(group: Command, run: Run): void {
  const command = group.command('show')
    .summary("a service's entry, every default filled in")
    .description('Shows a service\'s entry in the catalogue, every default filled in.')
    .argument('<service>', 'its name')
    .option('--entry <number>', 'as it was in this entry', wholeNumber('--entry', 1, MAX_ENTRY))
    .action(doing(run, async (context, name: string, { entry }: { entry?: number }) => {
      const service = entry === undefined ? await context.client.service(name) : await context.client.entry(name, entry)
      await show(context, service, () => [
        [styled(`# entry ${service.entry}, ${dateAndTime(service.updatedAtMs)} by ${service.updatedBy}`, 'faint')],
        ...stringify(service.spec).trimEnd().split('\n').map((line): Line => [line]),
      ])
    }))
  withExamples(command, 'muster service show web', 'muster service show web --entry 3')
}
