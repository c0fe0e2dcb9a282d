/** `muster service show`: the entry as the catalogue has it, every default filled in. */
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { dateAndTime } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import type { Run } from '../world.ts'

export function addServiceShow(group: Command, run: Run): void {
  const command = group.command('show')
    .description('Shows a service\'s entry in the catalogue, every default filled in.')
    .argument('<service>', 'its name')
    .action(doing(run, async (context, name: string) => {
      const service = await context.client.service(name)
      await show(context, service, () => [
        [styled(`# entry ${service.entry}, ${dateAndTime(service.updatedAtMs)} by ${service.updatedBy}`, 'faint')],
        ...stringify(service.spec).trimEnd().split('\n').map((line): Line => [line]),
      ])
    }))
  withExamples(command, 'muster service show web')
}
