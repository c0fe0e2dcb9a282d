/**
 * Which coordinator a verb asks, and as whom: what flags, the environment or a context say. One of them decides the whole, so that a token never
 * travels to an address that it was not given for.
 */
import { readFile } from 'node:fs/promises'
import { isLoopback, parseAddress } from '../shared/address.ts'
import { problem } from '../shared/errors.ts'
import { certificatesIn } from '../shared/identity/pem.ts'
import { contextDirectory, currentContext, DEV_CONTEXT, hasContext, readContext } from './contexts/store.ts'
import type { Endpoint } from './transport.ts'

export const DEFAULT_URL = 'https://127.0.0.1:4600'

/** Flags that every verb has. */
export type EndpointFlags = { url?: string | undefined; context?: string | undefined }

/**
 * `--context` or `--url`; else `MUSTER_URL`, `MUSTER_TOKEN`, `MUSTER_CA`; else the context that `MUSTER_CONTEXT` names, the current one, or that of a
 * `muster dev`; else this machine.
 * @throws MusterError flag_invalid, config_invalid: a file that is broken, or that others may read
 */
export async function endpointOf(env: NodeJS.ProcessEnv, { url, context }: EndpointFlags): Promise<Endpoint> {
  if (url !== undefined && context !== undefined) {
    throw problem('flag_invalid', 'it can be only one of --url and --context', { field: '--url, --context', expected: 'the name of a context, or an address' })
  }
  const dir = contextDirectory(env)
  if (context !== undefined) return readContext(dir, context)
  const { MUSTER_URL, MUSTER_TOKEN, MUSTER_CA, MUSTER_CONTEXT } = env
  if ([url, MUSTER_URL, MUSTER_TOKEN, MUSTER_CA].some((given) => given !== undefined)) return ofEnvironment(env, url)
  const name = MUSTER_CONTEXT ?? await currentContext(dir) ?? (await hasContext(dir, DEV_CONTEXT) ? DEV_CONTEXT : null)
  return name === null ? { url: DEFAULT_URL, token: null, ca: null } : readContext(dir, name)
}

async function ofEnvironment({ MUSTER_URL, MUSTER_TOKEN, MUSTER_CA }: NodeJS.ProcessEnv, flag: string | undefined): Promise<Endpoint> {
  const field = flag === undefined ? 'MUSTER_URL' : '--url'
  const token = MUSTER_TOKEN?.trim() ?? null
  if (token !== null && !/^\S+$/.test(token)) throw problem('flag_invalid', 'MUSTER_TOKEN is no token', { field: 'MUSTER_TOKEN', expected: 'mst_…' })
  const url = checkedUrl(flag ?? MUSTER_URL ?? DEFAULT_URL, field)
  if (token !== null) refuseCleartext(url, field)
  return { url, token, ca: MUSTER_CA === undefined ? null : await readAuthority(MUSTER_CA, 'MUSTER_CA') }
}

/** @param field the name under which it was given. @throws MusterError flag_invalid */
export function checkedUrl(text: string, field: string): string {
  const url = URL.parse(text)
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return text
  throw problem('flag_invalid', `"${text}" is not the address of a coordinator`, { field, expected: `a URL such as ${DEFAULT_URL}` })
}

/** A token is for whoever holds it: it does not go over a network for all to read. @throws MusterError flag_invalid */
export function refuseCleartext(url: string, field: string): void {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || isLoopback(parseAddress(`${hostname}:0`) ?? { host: hostname, port: 0 })) return
  throw problem('flag_invalid', `a token is not sent to ${url}: everybody on the way could read it`, { field, expected: 'https://…' })
}

/** The certificates of authorities, in PEM, and nothing else that the file may hold. @throws MusterError flag_invalid */
export async function readAuthority(path: string, field: string): Promise<string> {
  const expected = 'a file with the certificate of Muster\'s authority, in PEM'
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw problem('flag_invalid', `${path} cannot be read: ${error.code}`, { field, expected })
  })
  const certificates = readable(text)
  if (certificates === '') throw problem('flag_invalid', `${path} holds no certificate`, { field, expected })
  return certificates
}

function readable(text: string): string {
  try {
    return certificatesIn(text).join('')
  } catch {
    return ''
  }
}
