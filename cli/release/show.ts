/** `muster release show` */
import type { Command } from 'commander'
import type { ReleaseView } from '../../shared/api/catalogue.ts'
import { formatBytes } from '../../shared/package/bytes.ts'
import { parseVersion } from '../argument.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { dateAndTime } from '../text/clock.ts'
import { counted } from '../../shared/counted.ts'
import type { Line } from '../text/line.ts'
import { alignedLines } from '../text/table.ts'
import type { Run } from '../world.ts'

export function addReleaseShow(group: Command, run: Run): void {
  const command = group.command('show')
    .summary('what a release is made of')
    .description('Shows what a release is made of.')
    .argument('<service>', 'its service')
    .argument('<version>', 'its version', (text: string) => parseVersion(text))
    .action(doing(run, async (context, service: string, version: string) => {
      const release = await context.client.release(service, version)
      await show(context, release, () => releaseLines(release))
    }))
  withExamples(command, 'muster release show web 1.4.2')
}

function releaseLines({ service, version, srv, cmd, createdAtMs, createdBy }: ReleaseView): Line[] {
  const packages = [['srv', srv], ['cmd', cmd]] as const
  return [
    [`${service} ${version}, created ${dateAndTime(createdAtMs)} by ${createdBy}`],
    ...alignedLines(packages.map(([name, artifact]) => {
      if (artifact === null) return [`  ${name}`, 'Muster\'s own scripts']
      return [`  ${name}`, artifact.digest, formatBytes(artifact.sizeBytes), counted(artifact.entries, 'entry', 'entries')]
    })),
  ]
}
