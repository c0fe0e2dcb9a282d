/**
 * How a session reaches a coordinator, and how each proves who it is. Read anew for every connection, so that a certificate that was renewed and an
 * authority that was added count from the next one on.
 */
import { credentials } from '@grpc/grpc-js'
import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js'
import { createSecureContext } from 'node:tls'
import { problem } from '../shared/errors.ts'
import { COORDINATOR_NAME } from '../shared/identity/names.ts'
import { untimely } from '../shared/identity/validity.ts'
import type { Config } from './config.ts'
import { certificateOf } from './identity/kept.ts'
import type { Kept } from './identity/kept.ts'

export type Dial = { address: string; credentials: ChannelCredentials; options: ChannelOptions }

/** @param kept null: not enrolled @throws MusterError config_invalid: nothing proves who this host is; unavailable: what proves it has expired */
export function dialing({ coordinator }: Pick<Config, 'coordinator'>, kept: Kept | null): Dial {
  if (kept !== null) return enrolled(kept, coordinator ?? kept.grpc)
  throw problem('config_invalid', 'this host has not joined', { field: '--join', expected: 'a join token: muster token create --role agent' })
}

function enrolled(kept: Kept, address: string): Dial {
  const certificate = certificateOf(kept)
  // whether it is good already is for the coordinator's clock to say
  if (Date.now() >= certificate.validToDate.getTime()) throw problem('unavailable', untimely(certificate, 'its', Date.now())!)
  // an authority may be one that a company's own has certified
  const context = createSecureContext({ ca: kept.authorities, key: kept.key, cert: kept.certificate, allowPartialTrustChain: true, minVersion: 'TLSv1.3' })
  return { address, credentials: credentials.createFromSecureContext(context), options: { 'grpc.ssl_target_name_override': COORDINATOR_NAME } }
}
