/** What the settings say of TLS: files that come in pairs, and the names that a coordinator's certificate is for. */
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { ServerCredentials } from '@grpc/grpc-js'
import type { Logger } from 'pino'
import type { LiveCredentials } from '../shared/pieces/credentials.ts'
import type { Names } from './adapters/keys/certificates.ts'
import type { AuthorityFiles } from './adapters/keys/given-authority.ts'
import { grpcCredentials } from './adapters/keys/grpc-credentials.ts'
import { httpsServing } from './adapters/keys/https-options.ts'
import type { HttpsServing } from './adapters/keys/https-options.ts'
import type { LiveKeys } from './adapters/keys/live-keys.ts'
import { serveCertificates } from './adapters/keys/served.ts'
import type { CertificateFiles, LiveServed } from './adapters/keys/served.ts'
import type { Config } from './config.ts'
import type { Part } from './parts.ts'

/** What the ports listen with, as long as it is not closed. */
export type CoordinatorTls = Part & { grpc: ServerCredentials; https: HttpsServing; pieces: LiveCredentials }

/** @throws MusterError config_invalid: a file of --http-cert or --http-key is not usable */
export async function openTls(config: Config, keys: LiveKeys, clock: () => number, log: Logger): Promise<CoordinatorTls> {
  const served = await serveCertificates({ keys, names: namesOf(config), own: pairOf(config, 'http'), clock, log })
  return { grpc: grpcCredentials(served), https: httpsServing(served), pieces: credentialsOf(served), close: () => served.close() }
}

/** To machines that exchange pieces a coordinator shows what it shows to all machines. */
function credentialsOf(served: LiveServed): LiveCredentials {
  return {
    now() {
      const { machines, trusted } = served.now()
      return { ...machines, authorities: trusted }
    },
    onChange: (changed) => served.onChange(changed),
  }
}

/** Null: the authority lies in the key directory. */
export function givenAuthorityOf(config: Config): AuthorityFiles | null {
  return pairOf(config, 'ca')
}

/** All addresses that the settings name, and those of this machine that go without saying. */
export function namesOf({ http, grpc, 'advertise-http': advertised }: Pick<Config, 'http' | 'grpc' | 'advertise-http'>): Names {
  const url = advertised === undefined ? [] : [new URL(advertised).hostname.replace(/^\[|\]$/g, '')]
  const hosts = [...new Set(['localhost', hostname(), '127.0.0.1', '::1', http.host, grpc.host, ...url])]
  return { dns: hosts.filter((host) => isIP(host) === 0), ips: hosts.filter((host) => isIP(host) !== 0) }
}

/** refuseContradiction has seen to it that none of the two comes alone. */
function pairOf(config: Config, which: 'ca' | 'http'): CertificateFiles | null {
  const [certificate, key] = [config[`${which}-cert`], config[`${which}-key`]]
  return certificate === undefined || key === undefined ? null : { certificate, key }
}
