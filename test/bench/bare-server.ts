/** A process with nothing but a gRPC server in it that holds streams: what a connection costs before Muster does anything with it. Speaks over IPC. */
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import { Sessions } from '../../shared/proto.ts'

/** PEM; null: without TLS. */
export type BareServerTls = { ca: string; cert: string; key: string } | null
export type Usage = { cpuS: number; residentBytes: number }

const server = new Server()
server.addService(Sessions.service, { Session: (stream: ServerDuplexStream<unknown, unknown>) => void stream.on('data', () => undefined).on('error', () => undefined) })

process.on('message', (message: { listen: BareServerTls } | 'usage') => {
  if (message === 'usage') return void process.send?.(usage())
  server.bindAsync('127.0.0.1:0', credentialsOf(message.listen), (error, port) => {
    if (error) throw error
    process.send?.({ port })
  })
})

function credentialsOf(tls: BareServerTls): ServerCredentials {
  if (tls === null) return ServerCredentials.createInsecure()
  return ServerCredentials.createSsl(Buffer.from(tls.ca), [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }], true)
}

function usage(): Usage {
  globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  return { cpuS: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() }
}
