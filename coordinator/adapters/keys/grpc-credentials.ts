/**
 * TLS of the port that machines dial: nobody gets a word in without a certificate of a trusted authority, and what is shown and trusted follows
 * changes without dropping a connection. grpc-js has credentials for this (`createCertificateProviderServerCredentials`), but these forget the least
 * version of TLS at the first change, and cannot trust an intermediate authority alone.
 */
import { constants } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { SecureContext, SecureContextOptions } from 'node:tls'
import { ServerCredentials } from '@grpc/grpc-js'
import type { LiveServed, Served } from './served.ts'

/** For machines that go by the coordinator's fixed name, and with stricter rules for whoever names nobody. */
export function grpcCredentials(served: LiveServed): ServerCredentials {
  return new LiveCredentials(served)
}

class LiveCredentials extends ServerCredentials {
  constructor(served: LiveServed) {
    let named = namedContext(served.now())
    const SNICallback = (_name: string, done: (error: Error | null, context?: SecureContext) => void): void => done(null, named)
    super({ requestCert: true, rejectUnauthorized: true, SNICallback }, optionsOf(served.now()))
    served.onChange((next) => {
      named = namedContext(next)
      this.updateSecureContextOptions(optionsOf(next))
    })
  }

  _equals(other: ServerCredentials): boolean {
    return this === other
  }
}

/** Trusts an intermediate without everything else that its root has issued. A server's main context cannot be told so. */
function namedContext(served: Served): SecureContext {
  return createSecureContext({ ...optionsOf(served), allowPartialTrustChain: true })
}

/** Without tickets: a resumed session would not show its certificate again. */
function optionsOf({ machines, trusted }: Served): SecureContextOptions {
  return { key: machines.key, cert: machines.chain, ca: [...trusted], minVersion: 'TLSv1.3', secureOptions: constants.SSL_OP_NO_TICKET }
}
