/** The agent's process: settings in, an agent until a signal, an exit code out. */
import { pino } from 'pino'
import { runDaemon } from '../shared/daemon.ts'
import { runAgent } from './agent.ts'
import { configSchema } from './config.ts'

await runDaemon(
  {
    name: 'muster agent',
    description: 'Deploys on the host it runs on: takes commands from a coordinator, and finishes or reverts each of them alone.',
    schema: configSchema,
    envPrefix: 'MUSTER_AGENT',
    switches: [],
    examples: [
      'muster agent --join /etc/muster/join-token --labels dc=fra,rack=r7',
      'muster agent --host web-1 --root /tmp/web-1 --data-dir /tmp/web-1/agent --log-level debug',
      'MUSTER_AGENT_LABELS=dc=fra muster agent --config /etc/muster/agent.yaml',
    ],
    epilogue: 'SIGTERM ends the agent and leaves the scripts that it has started running; the next agent on the same data directory takes them over.',
  },
  (config, ending) => runAgent(config, pino({ level: config['log-level'], base: { host: config.host } }), ending),
)
