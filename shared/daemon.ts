/** A daemon's command line: every setting is a flag, and `--help` says so. */
import { Command } from 'commander'
import type { z } from 'zod'
import { loadConfig } from './config.ts'
import { makeDirectory } from './directory.ts'
import { MusterError, problem } from './errors.ts'

/** What a daemon exits with when a setting is not right. */
export const EXIT_CONFIG = 2
/** Journals, packages and the queue are nobody else's business. */
const OWNER_ONLY = 0o700
/** … and when something that it needs is not there: starting it again later is right. */
export const EXIT_UNAVAILABLE = 4

export type Daemon<T extends z.ZodObject> = {
  /** `muster agent`, for instance. */
  name: string
  description: string
  schema: T
  envPrefix: string
  /** Settings that take no value as a flag. */
  switches: readonly string[]
  examples: readonly string[]
  /** Below the examples: what a signal does. */
  epilogue: string
}

/** The whole life of a daemon's process: its settings, `run` until SIGTERM or SIGINT, and an exit code. */
export async function runDaemon<T extends z.ZodObject>(daemon: Daemon<T>, run: (config: z.output<T>, ending: AbortSignal) => Promise<void>): Promise<never> {
  const config = readSettings(daemon, process.argv.slice(2), process.env)
  const ending = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort())
  try {
    await run(config, ending.signal)
  } catch (error) {
    endWith(daemon.name, error)
  }
  // nothing that is still watched or timed must keep it
  process.exit(0)
}

/** Settings from flags, environment and file. Ends the process, having said why, for --help, an unknown flag and a bad value. */
function readSettings<T extends z.ZodObject>(daemon: Daemon<T>, argv: string[], env: NodeJS.ProcessEnv): z.output<T> {
  const { config, ...given } = program(daemon).parse(argv, { from: 'user' }).opts<Record<string, unknown>>()
  const flags = Object.fromEntries(Object.entries(given).map(([name, value]) => [kebab(name), value]))
  const file = typeof config === 'string' ? config : (env[`${daemon.envPrefix}_CONFIG`] ?? null)
  try {
    return loadConfig(daemon.schema, { envPrefix: daemon.envPrefix, flags, env, file })
  } catch (error) {
    return endWith(daemon.name, error)
  }
}

/** @throws MusterError config_invalid when it cannot be made */
export async function makeDataDirectory(dataDir: string): Promise<void> {
  try {
    await makeDirectory(dataDir, OWNER_ONLY)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const expected = 'a directory that this account may write to'
    throw problem('config_invalid', `--data-dir: cannot make ${dataDir}: ${why}`, { field: '--data-dir', expected })
  }
}

/** For an error that keeps a daemon from starting: one line, and the exit code that says so. Anything unforeseen keeps its trace. */
function endWith(name: string, error: unknown): never {
  if (!(error instanceof MusterError)) throw error
  const { message, expected } = error.problem
  process.stderr.write(`${name}: ${message}${expected === undefined ? '' : `; expected ${expected}`}\n`)
  process.exit(error.kind === 'unavailable' ? EXIT_UNAVAILABLE : EXIT_CONFIG)
}

function program<T extends z.ZodObject>({ name, description, schema, envPrefix, switches, examples, epilogue }: Daemon<T>): Command {
  const command = new Command(name)
    .description(description)
    .option('--config <file>', 'a YAML file of settings')
    .addHelpText('after', `
Every setting can also be given as ${envPrefix}_<NAME> in the environment, or by its name in the YAML file of --config. A flag wins over the
environment, the environment over the file.

Examples:
${examples.map((example) => `  ${example}`).join('\n')}

${epilogue}

Exit codes:
  0  ended by a signal
  2  a setting is not right
  4  something that it needs is missing or cannot be reached`)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_CONFIG))
  for (const [setting, { description: what }] of Object.entries(schema.shape)) {
    command.option(switches.includes(setting) ? `--${setting}` : `--${setting} <value>`, what ?? '')
  }
  return command
}

/** Commander names the value of `--data-dir` dataDir. */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
