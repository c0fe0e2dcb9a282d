/** The certificate for agents' sessions, from the files that the settings name. Certificates come with machine identity; this is their place. */
import { readFileSync } from 'node:fs'
import { problem } from '../shared/errors.ts'
import type { Tls } from './api/sessions/server.ts'
import type { Config } from './config.ts'

/** Null: none is set. @throws MusterError config_invalid */
export function tlsOf(config: Config): Tls | null {
  const { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key } = config
  if (ca === undefined && cert === undefined && key === undefined) return null
  return { ca: pem('tls-ca', ca), cert: pem('tls-cert', cert), key: pem('tls-key', key) }
}

function pem(setting: string, file: string | undefined): Buffer {
  const refuse = (why: string) =>
    problem('config_invalid', `--${setting} ${why}`, {
      field: `--${setting}`,
      expected: 'a PEM file; --tls-ca, --tls-cert and --tls-key go together',
    })
  if (file === undefined) throw refuse('is missing')
  try {
    return readFileSync(file)
  } catch (error) {
    throw refuse(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
