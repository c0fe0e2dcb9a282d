/** The coordinator's process: settings in, a coordinator until a signal, an exit code out. */
import { runDaemon } from '../shared/daemon.ts'
import { configSchema } from './config.ts'
import { runCoordinator } from './coordinator.ts'
import { openLog } from './log.ts'

await runDaemon(
  {
    name: 'muster coordinator',
    description: 'Queues rollouts, decides what each host does next, and holds the agents’ streams.',
    schema: configSchema,
    envPrefix: 'MUSTER_COORDINATOR',
    switches: ['adopt-unsealed'],
    examples: [
      'muster coordinator --data-dir /var/lib/muster/coordinator',
      'muster coordinator --data-dir /var/lib/muster/coordinator --redis redis://10.0.0.7:6379',
      'MUSTER_COORDINATOR_LOG_LEVEL=debug muster coordinator --config /etc/muster/coordinator.yaml',
    ],
    epilogue: 'SIGTERM ends it: agents look for another coordinator, and rollouts go on when one is there.',
  },
  (config, ending) => runCoordinator(config, openLog(config['log-level']), ending),
)
