/** The relay's process: settings in, a relay until a signal, an exit code out. */
import { pino } from 'pino'
import { runDaemon } from '../shared/daemon.ts'
import { configSchema } from './config.ts'
import { runRelay } from './program.ts'

await runDaemon(
  {
    name: 'muster relay',
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
  (config, ending) => runRelay(config, pino({ level: config['log-level'], base: { relay: config.name } }), ending),
)
