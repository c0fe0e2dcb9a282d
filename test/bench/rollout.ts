/**
 * How fast a coordinator takes a rollout over a fleet: real HTTP, BullMQ, Redis and gRPC; agents that run no scripts. Prints hosts per second, the
 * most slots that hosts held at once against the window, and what coordinator and Redis cost; then, on the same work, Muster and other tools.
 *
 *   npm run bench:rollout -- [--agents 2000] [--window 500] [--step-ms 50] [--no-peers] [--json]
 */
import { parseArgs } from 'node:util'
import { PEERS, timePeer } from './peers.ts'
import { report } from './report.ts'
import type { Measure } from './report.ts'
import { Site } from './site.ts'

/** Steps of a simulated attempt that take time. */
const STEPS = 4
const PEER_HOSTS = 100
const PEER_FORKS = 50

const { values } = parseArgs({
  allowNegative: true,
  options: {
    agents: { type: 'string', default: '2000' }, window: { type: 'string', default: '500' }, 'step-ms': { type: 'string', default: '50' },
    peers: { type: 'boolean', default: true }, json: { type: 'boolean', default: false },
  },
})
const agents = Number(values.agents)
const window = Number(values.window)
const stepMs = Number(values['step-ms'])

const site = await Site.start()
const measures: Measure[] = []
try {
  await measureFleet()
  if (values.peers) await measurePeers()
} finally {
  await site.stop()
}
report(measures, values.json)
process.exit()

async function measureFleet(): Promise<void> {
  await site.enrol(agents)
  const connectBegan = performance.now()
  await site.connect(agents, stepMs)
  const connectS = (performance.now() - connectBegan) / 1000
  await site.register(['1', '2', '3'])
  const before = await site.cpu()
  const seconds = await site.rollOut('1', window)
  const after = await site.cpu()
  const aheadSeconds = await site.rollOut('3', window, { prefetch: true })
  const add = (metric: string, value: number, unit: string): void => {
    measures.push({ bench: 'rollout', case: `${agents} hosts, window ${window}`, system: 'muster', metric, value, unit })
  }
  const scriptsAloneS = (STEPS * stepMs * Math.ceil(agents / window)) / 1000
  add('connected', agents / connectS, 'hosts/s')
  add('rolled out', agents / seconds, 'hosts/s')
  add('time', seconds, 's')
  add('time over that of the scripts alone', seconds / scriptsAloneS, 'ratio')
  add('time, where all are asked to fetch ahead first', aheadSeconds, 's')
  add('most slots held at once', site.mostHeld, 'hosts')
  add('coordinator', ((after.coordinatorS - before.coordinatorS) / agents) * 1000, 'ms CPU/host')
  add('redis', ((after.redisS - before.redisS) / agents) * 1000, 'ms CPU/host')
  add('coordinator resident', (await site.residentBytes()) / 1e6, 'MB')
}

/** The same work for everybody: so many hosts, so many at a time, each as long as a simulated attempt takes. */
async function measurePeers(): Promise<void> {
  const hosts = Math.min(PEER_HOSTS, agents)
  const workS = (STEPS * stepMs) / 1000
  const add = (system: string, seconds: number | null): void => {
    const about = { bench: 'rollout', case: `${hosts} hosts, ${PEER_FORKS} at a time, ${workS} s each`, system }
    if (seconds === null) console.error(`${system}: not here, and not to be installed`)
    else measures.push({ ...about, metric: 'rolled out', value: hosts / seconds, unit: 'hosts/s' }, { ...about, metric: 'time', value: seconds, unit: 's' })
  }
  add('muster', await site.rollOut('2', PEER_FORKS, { hosts: Array.from({ length: hosts }, (_, i) => `h-${i}`).join(',') }))
  for (const peer of PEERS) add(peer.system, await timePeer(peer, { hosts, forks: PEER_FORKS, workS }))
}
