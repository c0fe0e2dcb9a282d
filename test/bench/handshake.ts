/**
 * What an agent's connection costs the coordinator: processor time of a handshake with certificates on both sides, and memory while it lasts; beside a
 * bare gRPC server, with TLS and without, which is the floor.
 *
 *   npm run bench:handshake -- [--connections 1000] [--at-once 20] [--json]
 */
import { credentials } from '@grpc/grpc-js'
import type { ChannelCredentials } from '@grpc/grpc-js'
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { coordinatorCertificate } from '../../coordinator/adapters/keys/authority.ts'
import { COORDINATOR_NAME } from '../../shared/identity/names.ts'
import { Sessions } from '../../shared/proto.ts'
import { machine, makeKeys } from '../keys.ts'
import type { BareServerTls, Usage } from './bare-server.ts'
import { report } from './report.ts'
import type { Measure } from './report.ts'
import { Site } from './site.ts'

const { values } = parseArgs({
  options: { connections: { type: 'string', default: '1000' }, 'at-once': { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
})
const connections = Number(values.connections)
const atOnce = Number(values['at-once'])
/** The first ones pay for code that is compiled, and for heaps that grow. */
const WARM_UP = Math.ceil(connections / 10)
const KB = 1024

type Client = InstanceType<typeof Sessions>
type Server = { port: number; usage: () => Promise<Usage>; stop: () => void }
type Cost = { handshakeMs: number; connectionKb: number }

const measures: Measure[] = []
const keys = await makeKeys()
const { key, certificate } = await machine(keys, 'bench-1')
const { issuer } = keys.keyring
const ca = issuer.certificate.toString()
const own = await coordinatorCertificate(issuer, {}, Date.now())

const plain = await bare('gRPC without TLS', null, credentials.createInsecure())
const floor = await bare('gRPC with mTLS', { ca, cert: own.certificate, key: own.key }, credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(certificate)))
const muster = await coordinator()
add('muster', 'handshake, session and greeting over a bare mTLS one', muster.handshakeMs / floor.handshakeMs, 'ratio')
add('muster', 'memory over that of a bare mTLS connection', muster.connectionKb / floor.connectionKb, 'ratio')
add('gRPC with mTLS', 'what TLS adds to a handshake', floor.handshakeMs - plain.handshakeMs, 'ms CPU')
report(measures, values.json)
process.exit()

async function bare(system: string, tls: BareServerTls, as: ChannelCredentials): Promise<Cost> {
  const child = fork(new URL('./bare-server.ts', import.meta.url), { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const server = await listening(child, tls)
  const open = await connect(server.port, as, WARM_UP)
  const before = await server.usage()
  open.push(...await connect(server.port, as, connections))
  const after = await server.usage()
  open.forEach((client) => client.close())
  server.stop()
  return cost(system, before, after)
}

async function listening(child: ChildProcess, tls: BareServerTls): Promise<Server> {
  const ask = async <T>(message: object | string): Promise<T> => {
    const answer = once(child, 'message') as Promise<[T]>
    child.send(message)
    return (await answer)[0]
  }
  const { port } = await ask<{ port: number }>({ listen: tls })
  return { port, usage: () => ask<Usage>('usage'), stop: () => void child.kill() }
}

/** Each with a connection of its own, and a stream on it. */
async function connect(port: number, as: ChannelCredentials, count: number): Promise<Client[]> {
  const clients: Client[] = []
  const one = async (): Promise<void> => {
    while (clients.length < count) {
      const client = new Sessions(`127.0.0.1:${port}`, as, { 'grpc.use_local_subchannel_pool': 1, 'grpc.ssl_target_name_override': COORDINATOR_NAME })
      clients.push(client)
      await new Promise<void>((resolve, reject) => client.waitForReady(Date.now() + 30_000, (error) => (error ? reject(error) : resolve())))
      client.Session().on('error', () => undefined)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return clients
}

/** The real one: its agents enrol first, which is not counted. */
async function coordinator(): Promise<Cost> {
  const site = await Site.start()
  try {
    await site.enrol(WARM_UP + connections)
    await site.connect(WARM_UP, 0)
    const before = { cpuS: (await site.cpu()).coordinatorS, residentBytes: await site.residentBytes() }
    await site.connect(connections, 0)
    const after = { cpuS: (await site.cpu()).coordinatorS, residentBytes: await site.residentBytes() }
    return cost('muster', before, after)
  } finally {
    await site.stop()
  }
}

function cost(system: string, before: Usage, after: Usage): Cost {
  const handshakeMs = ((after.cpuS - before.cpuS) * 1000) / connections
  const connectionKb = (after.residentBytes - before.residentBytes) / connections / KB
  add(system, 'handshake', handshakeMs, 'ms CPU')
  add(system, 'handshakes on one core', 1000 / handshakeMs, '1/s')
  add(system, 'connection', connectionKb, 'KB')
  return { handshakeMs, connectionKb }
}

function add(system: string, metric: string, value: number, unit: string): void {
  measures.push({ bench: 'handshake', case: `${connections} connections`, system, metric, value, unit })
}
