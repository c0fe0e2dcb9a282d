/** The agent's command line: every setting is a flag, and `--help` says so. */
import { Command } from 'commander'
import { loadConfig } from '../shared/config.ts'
import { configSchema } from './config.ts'
import type { Config } from './config.ts'

export const ENV_PREFIX = 'MUSTER_AGENT'
const SWITCHES = ['insecure']

const HELP = `
Every setting can also be given as ${ENV_PREFIX}_<NAME> in the environment, or by its name in the YAML file of --config. A flag wins over the
environment, the environment over the file.

Examples:
  muster agent --coordinator muster.example.com:4601 --labels dc=fra,rack=r7 --ca ca.pem --cert host.pem --key host.key
  muster agent --host web-1 --root /tmp/web-1 --data-dir /tmp/web-1/agent --log-level debug
  ${ENV_PREFIX}_LABELS=dc=fra muster agent --config /etc/muster/agent.yaml

SIGTERM ends the agent and leaves the scripts that it has started running; the next agent on the same data directory takes them over.

Exit codes:
  0  ended by a signal
  2  a setting is not right`

/** Reads flags, environment and file. Exits the process for --help and for an unknown flag; throws a MusterError for a bad value. */
export function readConfig(argv: string[], env: NodeJS.ProcessEnv): Config {
  const program = new Command('muster agent')
    .description('Deploys on the host it runs on: takes commands from a coordinator, and finishes or reverts each of them alone.')
    .option('--config <file>', 'a YAML file of settings')
    .addHelpText('after', HELP)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  for (const [name, { description }] of Object.entries(configSchema.shape)) {
    program.option(SWITCHES.includes(name) ? `--${name}` : `--${name} <value>`, description ?? '')
  }
  const { config, ...given } = program.parse(argv, { from: 'user' }).opts<Record<string, unknown>>()
  const flags = Object.fromEntries(Object.entries(given).map(([name, value]) => [kebab(name), value]))
  const file = typeof config === 'string' ? config : (env[`${ENV_PREFIX}_CONFIG`] ?? null)
  return loadConfig(configSchema, { envPrefix: ENV_PREFIX, flags, env, file })
}

/** Commander names the value of `--data-dir` dataDir. */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
