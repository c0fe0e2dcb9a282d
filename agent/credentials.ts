/** How a session proves who is at either end. Without certificates it is refused beyond this machine, unless that is asked for. */
import { credentials } from '@grpc/grpc-js'
import type { ChannelCredentials } from '@grpc/grpc-js'
import { readFileSync } from 'node:fs'
import { isLoopback, parseAddress } from '../shared/address.ts'
import { problem } from '../shared/errors.ts'
import type { Config } from './config.ts'

/** Throws a MusterError that names the setting. */
export function sessionCredentials({ coordinator, ca, cert, key, insecure }: Config): ChannelCredentials {
  if (ca !== undefined || cert !== undefined || key !== undefined) {
    if ((cert === undefined) !== (key === undefined)) {
      const field = cert === undefined ? 'cert' : 'key'
      throw problem('config_invalid', 'a certificate and its key belong together', { field, expected: 'both cert and key' })
    }
    return credentials.createSsl(read('ca', ca), read('key', key), read('cert', cert))
  }
  const address = parseAddress(coordinator)
  if (insecure || (address && isLoopback(address))) return credentials.createInsecure()
  throw problem('config_invalid', `${coordinator} is not on this machine, and there is no certificate`, {
    field: 'coordinator',
    expected: 'ca, cert and key; or insecure where the network is trusted',
  })
}

function read(field: string, file: string | undefined): Buffer | null {
  if (file === undefined) return null
  try {
    return readFileSync(file)
  } catch (error) {
    throw problem('config_invalid', `${file} cannot be read: ${(error as Error).message}`, { field, expected: 'a PEM file' })
  }
}
