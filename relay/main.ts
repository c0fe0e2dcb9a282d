/** The relay's process: settings in, a relay until a signal, an exit code out. */
import { pino } from 'pino'
import { endWith, readSettings } from '../shared/daemon.ts'
import { configSchema } from './config.ts'
import { runRelay } from './program.ts'

const NAME = 'muster relay'

const config = readSettings(
  {
    name: NAME,
    description: 'Fetches packages once and gives them out to the hosts of its datacenter, which then have them from each other.',
    schema: configSchema,
    envPrefix: 'MUSTER_RELAY',
    switches: [],
    examples: [
      'muster relay --join /etc/muster/relay-token --dc fra',
      'muster relay --advertise https://relay-fra.example.com:4610 --cache 100GiB --metrics 127.0.0.1:4612',
      'muster relay --dc fra --upstream relay-eu',
    ],
    epilogue: 'SIGTERM ends the relay; what it has kept is there for the next one on the same data directory.\n`muster relay list` shows all relays.',
  },
  process.argv.slice(2),
  process.env,
)

const ending = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort())

try {
  await runRelay(config, pino({ level: config['log-level'], base: { relay: config.name } }), ending.signal)
  process.exit(0)
} catch (error) {
  endWith(NAME, error)
}
