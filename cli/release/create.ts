/**
 * `muster release create`: uploads the packages, then names them. A version that exists already stays as it is. With a key of the caller's own, what is
 * signed is what was computed here, whatever the coordinator says.
 */
import type { KeyObject } from 'node:crypto'
import type { Command } from 'commander'
import type { ArtifactView, ReleaseRequest } from '../../shared/api/catalogue.ts'
import type { Artifact } from '../../shared/command.ts'
import { counted } from '../../shared/counted.ts'
import { problem } from '../../shared/errors.ts'
import { formatBytes } from '../../shared/package/bytes.ts'
import { MAX_BUILD_CHARS, MAX_COMMIT_CHARS } from '../../shared/release-statement.ts'
import { envelopeFor, signedWith } from '../../shared/signed-release.ts'
import { parseVersion } from '../argument.ts'
import { doing, show, userOf } from '../context.ts'
import type { Context } from '../context.ts'
import { withExamples } from '../help.ts'
import { measure } from '../package/measure.ts'
import { ofFlag, preparePackage } from '../package/prepare.ts'
import { sendPackage } from '../package/send.ts'
import { renamed } from '../refusal.ts'
import type { Line } from '../text/line.ts'
import { progressOn } from '../text/progress.ts'
import { alignedLines } from '../text/table.ts'
import type { Run } from '../world.ts'
import { originOf } from './provenance.ts'
import { readSigningKey } from './signing-key.ts'

type Flags = { srv: string; cmd?: string; sign?: string; by?: string; commit?: string; build?: string }
type Packages = { srv: Artifact; cmd: Artifact | null }

const FIELDS: Record<string, string> = { srv: '--srv', cmd: '--cmd', commit: '--commit', build: '--build', envelope: '--sign' }
const MAX_BY_CHARS = 128

export function addReleaseCreate(group: Command, run: Run): void {
  const command = group.command('create')
    .summary('upload packages as a new version of a service')
    .description('Uploads the packages of a new version of a service. Equal bytes are kept once; a version never changes. The coordinator signs what it names;'
      + ' with --sign you do, and hosts whose policy names your key run nothing else.')
    .argument('<service>', 'a service of the catalogue')
    .argument('<version>', 'the new version, such as 1.4.2', (text: string) => parseVersion(text))
    .requiredOption('--srv <path>', 'the program: a .tar, .tar.gz or .tar.zst, or a directory')
    .option('--cmd <path>', 'the scripts that deploy it, likewise (default: Muster\'s own)')
    .option('--sign <keyfile>', 'sign it here, with a key that muster key create has made')
    .option('--by <name>', 'with --sign: who says so (default: $USER)', atMost('--by', MAX_BY_CHARS))
    .option('--commit <id>', 'what it was built from (default: of the checkout that --srv lies in, or of the pipeline)', atMost('--commit', MAX_COMMIT_CHARS))
    .option('--build <url>', 'what has built it (default: of the pipeline)', atMost('--build', MAX_BUILD_CHARS))
    .action(doing(run, async (context, service: string, version: string, flags: Flags) => {
      const key = flags.sign === undefined ? null : await readSigningKey(flags.sign)
      // Cheaper to learn before the upload than after it.
      await inWords(context.client.service(service))
      const packages = {
        srv: await upload(context, 'srv', flags.srv, key !== null),
        cmd: flags.cmd === undefined ? null : await upload(context, 'cmd', flags.cmd, key !== null),
      }
      const request = await requestFor(context, { service, version, ...packages }, flags, key)
      const released = await inWords(context.client.createRelease(service, request))
      await show(context, released, () => [
        [`${service} ${version} ${released.outcome}`],
        ...alignedLines([artifactRow('srv', packages.srv), ...(packages.cmd === null ? [] : [artifactRow('cmd', packages.cmd)])]),
        [`next: muster rollout plan ${service}@${version}`],
      ])
    }))
  withExamples(command,
    'muster release create web 1.4.2 --srv build/web-1.4.2.tar.gz',
    'muster release create web 1.4.3 --srv ./dist --cmd ./deploy',
    'muster release create web 1.4.4 --srv ./dist --sign ~/.config/web-release.key')
}

type About = Packages & { service: string; version: string }

async function requestFor({ world }: Context, about: About, flags: Flags, key: KeyObject | null): Promise<ReleaseRequest> {
  const { version, srv, cmd } = about
  const { commit, build } = await originOf(flags, flags.srv, world.env)
  const named = { version, srv: srv.digest, ...(cmd === null ? {} : { cmd: cmd.digest }) }
  if (key === null) return { ...named, ...(commit === null ? {} : { commit }), ...(build === null ? {} : { build }) }
  const provenance = { by: flags.by ?? userOf(world.env), commit, build, atMs: world.now() }
  return { ...named, envelope: signedWith(key, envelopeFor({ ...about, provenance })) }
}

/** @returns what the package is: as it was computed here when it is to be signed, else as the coordinator says */
async function upload({ client, world, json }: Context, name: 'srv' | 'cmd', path: string, isToBeSigned: boolean): Promise<Artifact> {
  const prepared = await preparePackage(path, name)
  try {
    const measured = isToBeSigned ? await measure(prepared.file).catch((error: unknown) => { throw ofFlag(error, `--${name}`, path) }) : null
    const onProgress = progressOn(world.stderr, `uploading ${path}`, json)
    const told = await inWords(sendPackage(client, prepared, { name, signal: world.signal, onProgress }))
    if (measured !== null) refuseOther(told, measured, `--${name}`)
    return measured ?? told
  } finally {
    await prepared.cleanup()
  }
}

/** @throws MusterError digest_mismatch */
function refuseOther(told: ArtifactView, measured: Artifact, field: string): void {
  if (told.digest === measured.digest && told.sizeBytes === measured.sizeBytes && told.entries === measured.entries) return
  const what = ({ digest, sizeBytes, entries }: Artifact): string => `${digest} (${sizeBytes} bytes, ${counted(entries, 'entry', 'entries')})`
  throw problem('digest_mismatch', `the package is ${what(measured)}, and the coordinator says ${what(told)}; nothing was signed`, {
    field, expected: 'a package that nobody writes to meanwhile, and a coordinator that can be trusted',
  })
}

async function inWords<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw renamed(error, (field) => FIELDS[field] ?? null)
  })
}

function atMost(field: string, chars: number): (text: string) => string {
  return (text) => {
    if (text !== '' && text.length <= chars) return text
    throw problem('flag_invalid', `${field} is ${text === '' ? 'empty' : 'too long'}`, { field, expected: `1 to ${chars} characters` })
  }
}

function artifactRow(name: string, { digest, sizeBytes, entries }: Artifact): Line {
  return [`  ${name}`, digest, formatBytes(sizeBytes), counted(entries, 'entry', 'entries')]
}
