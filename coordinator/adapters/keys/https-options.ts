/** TLS of the HTTP port: machines, which ask for the coordinator's fixed name, see Muster's certificate; everybody else the one for people. */
import type { Server } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { SecureContext, SecureContextOptions } from 'node:tls'
import { COORDINATOR_NAME } from '../../../shared/identity/names.ts'
import type { LiveServed, Served, Shown } from './served.ts'

type Listening = Pick<Server, 'setSecureContext'>

/** For createServer of node:https. */
export type HttpsOptions = SecureContextOptions & { SNICallback: (name: string, done: (error: Error | null, context?: SecureContext) => void) => void }

export type HttpsServing = {
  options: HttpsOptions
  /** From then on the server shows what is renewed; connections stay. */
  follow(server: Listening): void
}

export function httpsServing(served: LiveServed): HttpsServing {
  let machines = contextOf(served.now())
  const servers: Listening[] = []
  served.onChange((next) => {
    machines = contextOf(next)
    for (const server of servers) server.setSecureContext(optionsOf(next.people))
  })
  return {
    options: {
      ...optionsOf(served.now().people),
      SNICallback: (name, done) => name === COORDINATOR_NAME ? done(null, machines) : done(null),
    },
    follow: (server) => void servers.push(server),
  }
}

function contextOf({ machines }: Served): SecureContext {
  return createSecureContext(optionsOf(machines))
}

function optionsOf({ key, chain }: Shown): SecureContextOptions {
  return { key, cert: chain, minVersion: 'TLSv1.3' }
}
