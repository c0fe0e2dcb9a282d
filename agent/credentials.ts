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
import { certificateOf } from '../shared/machine/kept.ts'
import type { Identity } from '../shared/machine/identity.ts'
import type { Kept } from '../shared/machine/kept.ts'
import { Turnover } from '../shared/machine/turnover.ts'

export type Dial = {
  address: string
  credentials: ChannelCredentials
  options: ChannelOptions
  /** Whether the session is to begin anew with another certificate; to be asked every now and then. */
  isOutdated: () => boolean
}

/** @throws MusterError config_invalid: nothing proves who this host is; unavailable: what proves it has expired */
export function dialing({ coordinator }: Pick<Config, 'coordinator'>, identity: Pick<Identity, 'kept'>): Dial {
  const { kept } = identity
  if (kept !== null) {
    const turnover = new Turnover(kept)
    return { ...enrolled(kept, coordinator ?? kept.grpc), isOutdated: () => turnover.isDue(identity.kept ?? kept, Date.now()) }
  }
  throw problem('config_invalid', 'this host has not joined, and there is no --join', {
    field: '--join', expected: 'a join token: muster token create --role agent',
  })
}

function enrolled(kept: Kept, address: string): Omit<Dial, 'isOutdated'> {
  const certificate = certificateOf(kept)
  // whether it is good already is for the coordinator's clock to say
  if (Date.now() >= certificate.validToDate.getTime()) throw problem('unavailable', untimely(certificate, 'its', Date.now())!)
  // an authority may be one that a company's own has certified
  const context = createSecureContext({ ca: kept.authorities, key: kept.key, cert: kept.certificate, allowPartialTrustChain: true, minVersion: 'TLSv1.3' })
  return { address, credentials: credentials.createFromSecureContext(context), options: { 'grpc.ssl_target_name_override': COORDINATOR_NAME } }
}
