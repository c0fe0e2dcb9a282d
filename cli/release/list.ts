/** `muster release list` */
import type { Command } from 'commander'
import { formatBytes } from '../../shared/package/bytes.ts'
import { doing, show } from '../context.ts'
import { withExamples } from '../help.ts'
import { ago } from '../text/clock.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'

export function addReleaseList(group: Command, run: Run): void {
  const command = group.command('list')
    .description('Lists the releases of a service, the latest first.')
    .argument('<service>', 'its name')
    .action(doing(run, async (context, service: string) => {
      const answer = await context.client.releases(service)
      const now = context.world.now()
      const rows = answer.releases.map(({ version, srv, cmd, createdAtMs, createdBy }) => [
        version, formatBytes(srv.sizeBytes), srv.digest.slice(0, 12), cmd?.digest.slice(0, 12) ?? 'default', `${ago(createdAtMs, now)} by ${createdBy}`,
      ])
      await show(context, answer, () => tableLines(['VERSION', '>SIZE', 'SRV', 'CMD', 'CREATED'], rows))
    }))
  withExamples(command, 'muster release list web')
}
