/** `muster release create`: uploads the packages, then names them. A version that exists already stays as it is. */
import type { Command } from 'commander'
import type { ArtifactView } from '../../shared/api/catalogue.ts'
import { formatBytes } from '../../shared/package/bytes.ts'
import { parseVersion } from '../argument.ts'
import { doing, show } from '../context.ts'
import type { Context } from '../context.ts'
import { withExamples } from '../help.ts'
import { preparePackage } from '../package/prepare.ts'
import { renamed } from '../refusal.ts'
import { counted } from '../../shared/counted.ts'
import type { Line } from '../text/line.ts'
import { alignedLines } from '../text/table.ts'
import type { Run } from '../world.ts'

type Flags = { srv: string; cmd?: string }

const FIELDS: Record<string, string> = { srv: '--srv', cmd: '--cmd' }

export function addReleaseCreate(group: Command, run: Run): void {
  const command = group.command('create')
    .summary('upload packages as a new version of a service')
    .description('Uploads the packages of a new version of a service. Equal bytes are kept once; a version never changes.')
    .argument('<service>', 'a service of the catalogue')
    .argument('<version>', 'the new version, such as 1.4.2', (text: string) => parseVersion(text))
    .requiredOption('--srv <path>', 'the program: a .tar, .tar.gz or .tar.zst, or a directory')
    .option('--cmd <path>', 'the scripts that deploy it, likewise (default: Muster\'s own)')
    .action(doing(run, async (context, service: string, version: string, { srv, cmd }: Flags) => {
      // Cheaper to learn before the upload than after it.
      await inWords(context.client.service(service))
      const program = await upload(context, 'srv', srv)
      const scripts = cmd === undefined ? null : await upload(context, 'cmd', cmd)
      const packages = { srv: program.digest, ...(scripts === null ? {} : { cmd: scripts.digest }) }
      const released = await inWords(context.client.createRelease(service, { version, ...packages }))
      await show(context, released, () => [
        [`${service} ${version} ${released.outcome}`],
        ...alignedLines([artifactRow('srv', program), ...(scripts === null ? [] : [artifactRow('cmd', scripts)])]),
        [`next: muster rollout plan ${service}@${version}`],
      ])
    }))
  withExamples(command,
    'muster release create web 1.4.2 --srv build/web-1.4.2.tar.gz',
    'muster release create web 1.4.3 --srv ./dist --cmd ./deploy')
}

async function upload({ client }: Context, name: 'srv' | 'cmd', path: string): Promise<ArtifactView> {
  const prepared = await preparePackage(path, name)
  try {
    return await inWords(client.upload({ package: name, file: prepared.file, sha256: prepared.sha256 }))
  } finally {
    await prepared.cleanup()
  }
}

async function inWords<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw renamed(error, (field) => FIELDS[field] ?? null)
  })
}

function artifactRow(name: string, { digest, sizeBytes, entries }: ArtifactView): Line {
  return [`  ${name}`, digest, formatBytes(sizeBytes), counted(entries, 'entry', 'entries')]
}
