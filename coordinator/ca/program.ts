/** The verbs of `muster ca` with their flags, and how a run of it ends: with what was asked for, or one problem and the exit code of a daemon. */
import type { Writable } from 'node:stream'
import { join } from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import { EXIT_CONFIG } from '../../shared/daemon.ts'
import { MusterError, problem } from '../../shared/errors.ts'
import type { Problem } from '../../shared/errors.ts'
import { activate, add, retire } from './changes.ts'
import type { Change } from './changes.ts'
import { describeDirectory, refuseMissing, trustedCertificates } from './describe.ts'
import { directoryText } from './text.ts'

/** What it touches outside itself. */
export type CaWorld = { stdout: Writable; stderr: Writable; env: NodeJS.ProcessEnv; now: () => number }

type Flags = { keyDir?: string; dataDir?: string; json?: true; pem?: true; certificate?: string }

const HELP = `
Coordinators notice a change within seconds, and machines need no hand laid on them:
  muster ca show --data-dir /var/lib/muster/coordinator
  muster ca show --data-dir /var/lib/muster/coordinator --pem > muster-ca.pem
  muster ca add --data-dir /var/lib/muster/coordinator                   # machines learn to trust it
  muster ca activate authority-2 --data-dir /var/lib/muster/coordinator  # it issues; machines renew
  muster ca retire authority-1 --data-dir /var/lib/muster/coordinator    # once they have renewed

Exit codes:
  0  done
  2  a flag, or a file of the key directory, is not right`

/** Throws for bugs only. @returns the exit code */
export async function runCa(argv: readonly string[], world: CaWorld): Promise<number> {
  try {
    await program(world).parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT_CONFIG
    world.stderr.write(argv.includes('--json') ? `${JSON.stringify({ error: problemOf(error) })}\n` : problemText(problemOf(error)))
    return EXIT_CONFIG
  }
}

function program(world: CaWorld): Command {
  const { stdout, stderr, now } = world
  const root = new Command('muster ca')
    .description('Shows and rotates the certificate authorities of a key directory.')
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text), outputError: () => {} })
    .exitOverride()
    .addHelpText('after', HELP)
  const show = verb(root, world, 'show', 'the authorities and the signing keys')
  show.addOption(new Option('--pem', 'the certificates of the authorities alone, for whoever is to trust them').conflicts('json'))
  show.action(async (flags: Flags) => {
    if (flags.pem) return void stdout.write(await trustedCertificates(directoryOf(flags)))
    const directory = await describeDirectory(directoryOf(flags))
    stdout.write(flags.json ? `${JSON.stringify(directory)}\n` : directoryText(directory))
  })
  verb(root, world, 'add', 'trust one more authority, which does not issue yet')
    .option('--certificate <file>', 'yours (PEM file; it may issue if its key is in it); default: a new one is made')
    .action((flags: Flags) => change(flags, stdout, (dir) => add(dir, flags.certificate ?? null, now())))
  verb(root, world, 'activate', 'let another authority issue').argument('<authority>', 'its name, or the beginning of its pin')
    .action((which: string, flags: Flags) => change(flags, stdout, (dir) => activate(dir, which, now())))
  verb(root, world, 'retire', 'trust an authority no longer').argument('<authority>', 'its name, or the beginning of its pin')
    .action((which: string, flags: Flags) => change(flags, stdout, (dir) => retire(dir, which)))
  return root
}

function verb(root: Command, { env }: CaWorld, name: string, summary: string): Command {
  return root.command(name).description(summary)
    .addOption(new Option('--key-dir <dir>', 'the key directory (also $MUSTER_COORDINATOR_KEY_DIR)').default(env.MUSTER_COORDINATOR_KEY_DIR))
    .option('--data-dir <dir>', 'of a coordinator that has its key directory there')
    .option('--json', 'JSON instead of text')
}

async function change(flags: Flags, stdout: Writable, make: (dir: string) => Promise<Change>): Promise<void> {
  const dir = directoryOf(flags)
  await refuseMissing(dir)
  const made = await make(dir)
  const directory = await describeDirectory(dir)
  stdout.write(flags.json ? `${JSON.stringify({ ...made, ...directory })}\n` : `${made.done}; ${made.next}\n\n${directoryText(directory)}`)
}

function directoryOf({ keyDir, dataDir }: Flags): string {
  if (dataDir !== undefined) return join(dataDir, 'keys')
  if (keyDir !== undefined) return keyDir
  throw problem('flag_invalid', '--key-dir is missing', { field: '--key-dir', expected: 'the key directory, or --data-dir of a coordinator that has it there' })
}

function problemOf(error: unknown): Problem {
  if (error instanceof MusterError) return error.problem
  if (!(error instanceof CommanderError)) throw error
  return { code: 'flag_invalid', message: error.message.replace(/^error: /, ''), expected: 'see muster ca --help' }
}

function problemText({ message, expected }: Problem): string {
  return `muster ca: ${message}${expected === undefined ? '' : `; expected ${expected}`}\n`
}
