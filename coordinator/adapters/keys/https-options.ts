/**
 * TLS of the HTTP port: machines, which ask for the coordinator's fixed name, see Muster's certificate and speak TLS 1.3; everybody else sees the one
 * for people, whose programs may be older.
 */
import type { Server } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { SecureContext, SecureContextOptions, TLSSocket } from 'node:tls'
import { COORDINATOR_NAME } from '../../../shared/identity/names.ts'
import type { LiveServed, Served, Shown } from './served.ts'

type Listening = Pick<Server, 'setSecureContext' | 'on'>

/** For createServer of node:https. */
export type HttpsOptions = SecureContextOptions & { SNICallback: (name: string, done: (error: Error | null, context?: SecureContext) => void) => void }

export type HttpsServing = {
  options: HttpsOptions
  /** From then on the server shows what is renewed, connections stay, and machines are held to their version of TLS. */
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
    follow(server) {
      servers.push(server)
      server.on('secureConnection', endOldMachine)
    },
  }
}

function contextOf({ machines }: Served): SecureContext {
  return createSecureContext(optionsOf(machines))
}

/** A context that SNI has chosen does not change the versions, which are agreed on before; so whoever is too old is hung up on before it is heard. */
function endOldMachine(socket: TLSSocket & { servername?: string | false }): void {
  if (socket.servername === COORDINATOR_NAME && socket.getProtocol() !== 'TLSv1.3') socket.destroy()
}

function optionsOf({ key, chain }: Shown): SecureContextOptions {
  return { key, cert: chain, minVersion: 'TLSv1.2' }
}
