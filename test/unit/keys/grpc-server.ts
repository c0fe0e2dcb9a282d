/** A gRPC server that listens as a coordinator does, with one method that says everything back, and machines that dial it. */
import { createSecureContext } from 'node:tls'
import { ChannelCredentials, Client, Server } from '@grpc/grpc-js'
import type { ClientDuplexStream, MethodDefinition, ServerDuplexStream } from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import { grpcCredentials } from '../../../coordinator/adapters/keys/grpc-credentials.ts'
import { serveCertificates } from '../../../coordinator/adapters/keys/served.ts'
import type { LiveServed } from '../../../coordinator/adapters/keys/served.ts'
import type { LiveKeys } from '../../../coordinator/adapters/keys/live-keys.ts'
import { COORDINATOR_NAME } from '../../../shared/identity/names.ts'
import type { Machine } from '../../keys.ts'
import { NEVER_MS, silent } from './fixture.ts'

const same = (bytes: Buffer): Buffer => bytes
const ECHO: MethodDefinition<Buffer, Buffer> = {
  path: '/muster.test/Echo', requestStream: true, responseStream: true,
  requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same,
}
const DIAL_WITHIN_MS = 5000

export type Conversation = { echo: (text: string) => Promise<string> }

export async function serveEcho(keys: LiveKeys): Promise<{ served: LiveServed; port: number }> {
  const names = { dns: ['localhost'], ips: ['127.0.0.1'] }
  const served = await serveCertificates({ keys, names, own: null, clock: Date.now, log: silent, lookEveryMs: NEVER_MS })
  const server = new Server()
  server.addService({ Echo: ECHO }, {
    Echo: (call: ServerDuplexStream<Buffer, Buffer>) => void call.on('data', (bytes: Buffer) => call.write(bytes)).on('end', () => call.end()),
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpcCredentials(served), (error, bound) => error === null ? resolve(bound) : reject(error))
  })
  onTestFinished(() => {
    served.close()
    server.forceShutdown()
  })
  return { served, port }
}

/** @param authorities PEM, that the machine trusts @param name that it dials by; without one it goes by the address */
export async function dial(
  port: number, authorities: readonly string[], machine: Machine | null, name: string | null = COORDINATOR_NAME,
): Promise<Conversation> {
  const own = machine === null ? {} : { key: machine.key, cert: machine.certificate }
  const context = createSecureContext({ ca: [...authorities], allowPartialTrustChain: true, ...own })
  const client = new Client(`127.0.0.1:${port}`, ChannelCredentials.createFromSecureContext(context), {
    ...name === null ? {} : { 'grpc.ssl_target_name_override': name }, 'grpc.use_local_subchannel_pool': 1,
  })
  const call = client.makeBidiStreamRequest(ECHO.path, same, same)
  onTestFinished(() => {
    call.on('error', () => {})
    call.cancel()
    client.close()
  })
  return { echo: (text) => echo(call, text) }
}

/** Whether a machine that dials anew is let in. */
export async function isLetIn(...dialled: Parameters<typeof dial>): Promise<boolean> {
  const { echo } = await dial(...dialled)
  return echo('hello').then((answer) => answer === 'hello', () => false)
}

function echo(call: ClientDuplexStream<Buffer, Buffer>, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error('no answer')), DIAL_WITHIN_MS)
    const end = (settle: () => void) => {
      clearTimeout(deadline)
      call.removeAllListeners('data').removeAllListeners('error')
      settle()
    }
    call.once('data', (bytes: Buffer) => end(() => resolve(bytes.toString())))
    call.once('error', (error) => end(() => reject(error)))
    call.write(Buffer.from(text))
  })
}
