/** `muster release list` */
import type { Command } from 'commander'
import { formatBytes } from '../../shared/package/bytes.ts'
import { doing, showPart } from '../context.ts'
import { withExamples } from '../help.ts'
import { withLimit } from '../limit.ts'
import { ago } from '../text/clock.ts'
import { tableLines } from '../text/table.ts'
import type { Run } from '../world.ts'

export function addReleaseList(group: Command, run: Run): void {
  const command = withLimit(group.command('list'), 'releases')
    .summary('the releases of a service')
    .description('Lists the releases of a service, the latest first.')
    .argument('<service>', 'its name')
    .action(doing(run, async (context, service: string, { limit }: { limit: number }) => {
      const answer = await context.client.releases(service, { limit })
      const now = context.world.now()
      const rows = answer.releases.map(({ version, srv, cmd, signers, fault, provenance, createdAtMs, createdBy }) => [
        version, formatBytes(srv.sizeBytes), srv.digest.slice(0, 12), cmd?.digest.slice(0, 12) ?? 'default',
        fault === null ? signers.map(({ of }) => of).join(', ') : 'no', shortCommit(provenance?.commit ?? null), `${ago(createdAtMs, now)} by ${createdBy}`,
      ])
      await showPart(context, answer, () => tableLines(['VERSION', '>SIZE', 'SRV', 'CMD', 'SIGNED BY', 'COMMIT', 'CREATED'], rows))
    }))
  withExamples(command, 'muster release list web')
}

const COMMIT_CHARS = 12

function shortCommit(commit: string | null): string {
  if (commit === null) return '-'
  const [id = '', ...rest] = commit.split('-')
  return [id.slice(0, COMMIT_CHARS), ...rest].join('-')
}
