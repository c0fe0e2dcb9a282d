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

function releaseLines(release: ReleaseView): Line[] {
  const { service, version, srv, cmd, createdAtMs, createdBy, fault } = release
  const packages = [['srv', srv], ['cmd', cmd]] as const
  return [
    [`${service} ${version}, created ${dateAndTime(createdAtMs)} by ${createdBy}`],
    ...alignedLines(packages.map(([name, artifact]) => {
      if (artifact === null) return [`  ${name}`, 'Muster\'s own scripts']
      return [`  ${name}`, artifact.digest, formatBytes(artifact.sizeBytes), counted(artifact.entries, 'entry', 'entries')]
    })),
    ...(fault === null ? originLines(release) : [[`  not rolled out: ${fault}`]]),
  ]
}

function originLines({ signers, provenance }: ReleaseView): Line[] {
  const signed = signers.map(({ key, of }) => [of === 'coordinator' ? '  signed by the coordinator' : '  signed by an owner', key])
  if (provenance === null) return alignedLines(signed)
  const { by, commit, build, atMs } = provenance
  const rows = [['  stated by', `${by}, ${dateAndTime(atMs)}`], ['  commit', commit ?? 'not said'], ['  build', build ?? 'not said']]
  return alignedLines([...signed, ...rows])
}
