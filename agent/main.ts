/** The agent's process: settings in, an agent until a signal, an exit code out. */
import { pino } from 'pino'
import { MusterError } from '../shared/errors.ts'
import { runAgent } from './agent.ts'
import { sessionCredentials } from './credentials.ts'
import { readConfig } from './program.ts'

const EXIT_OK = 0
const EXIT_CONFIG = 2
const ending = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort())

try {
  const config = readConfig(process.argv.slice(2), process.env)
  const log = pino({ level: config['log-level'], base: { host: config.host } })
  await runAgent(config, sessionCredentials(config), log, ending.signal)
  // watches and timers of scripts that go on without us must not keep us
  process.exit(EXIT_OK)
} catch (error) {
  if (!(error instanceof MusterError)) throw error
  const { message, expected } = error.problem
  process.stderr.write(`muster agent: ${message}${expected === undefined ? '' : `; expected ${expected}`}\n`)
  process.exit(EXIT_CONFIG)
}
