/** The agent's settings. */
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { z } from 'zod'
import { formatAddress, parseAddress } from '../shared/address.ts'
import type { Address } from '../shared/address.ts'
import { logLevel } from '../shared/config.ts'
import { LABEL_KEY_PATTERN, LABEL_VALUE_PATTERN } from '../shared/ids.ts'
import { directory, duration, machineName, rate, size } from '../shared/settings.ts'

/** Where other hosts of the datacenter ask for pieces. */
export const PEERS_PORT = 4611
/** Of a name or an address. */
const MAX_HOST_CHARS = 255
const DEFAULT_CACHE_BYTES = 4 * 1024 ** 3

/** `k=v,k=v`, or a mapping in the configuration file. */
const labelsGiven = z.union([z.string(), z.record(z.string(), z.coerce.string())], { error: 'expected KEY=VALUE,KEY=VALUE' })
const labels = labelsGiven.transform((given, context): Record<string, string> => {
  const pairs = typeof given === 'string' ? given.split(',').filter((pair) => pair !== '').map(splitPair) : Object.entries(given)
  const bad = pairs.find(([key, value]) => !LABEL_KEY_PATTERN.test(key) || !LABEL_VALUE_PATTERN.test(value))
  if (!bad) return Object.fromEntries(pairs)
  context.addIssue({ code: 'custom', message: `"${bad.join('=')}" is not a label; expected KEY=VALUE such as dc=fra, the key in lower case` })
  return z.NEVER
})

const address = z.string().transform((text, context): string => {
  if (parseAddress(text) !== null) return text
  context.addIssue({ code: 'custom', message: `"${text}" is not an address; expected HOST:PORT such as muster.example.com:4601` })
  return z.NEVER
})

const prefix = directory.transform((path) => (path === '/' ? '' : path))

/** Null: this host gives out nothing. */
const peers = z.string().transform((text, context): Peers | null => {
  const at = parseAddress(text)
  if (text === 'off') return null
  if (at !== null) return { ...at, otherwise: 'fail' }
  context.addIssue({ code: 'custom', message: `"${text}" is not an address; expected HOST:PORT such as 0.0.0.0:${PEERS_PORT}, or off` })
  return z.NEVER
})

/** What others put into a URL. */
const reachable = z.string().refine((host) => parseAddress(formatAddress({ host, port: PEERS_PORT })) !== null && host.length <= MAX_HOST_CHARS, {
  error: 'expected a name or an address without a port, for instance web-1.example.com or 10.0.0.7',
})

/** `otherwise`: what is done when the port is taken. */
export type Peers = Address & { otherwise: 'fail' | 'any-port' }

export const configSchema = z.object({
  join: z.string().min(1).optional().describe('a join token, or the file that holds one; needed until this host has joined'),
  coordinator: address.optional().describe('where a coordinator listens for agents; default: where it said when this host joined'),
  host: machineName.default(() => hostname().toLowerCase()).describe('what this host is called; default: its own name'),
  'data-dir': directory.default('/var/lib/muster/agent').describe('for journals, records and packages on their way; default: /var/lib/muster/agent'),
  root: prefix.default('').describe('put before every path of a service: several agents on one machine'),
  labels: labels.default({}).describe('what selectors choose this host by: dc=fra,rack=r7'),
  'kill-grace': duration.default(10_000).describe('between SIGTERM and SIGKILL of a script whose time is over; default: 10s'),
  policy: z.string().min(1).transform((path) => resolve(path)).optional()
    .describe('what the owner of this host allows (YAML file); default: /etc/muster/policy.yaml, if it is there'),
  'audit-every': duration.default(10 * 60_000).describe('how often installed releases are compared with what was unpacked; default: 10m'),
  cache: size.default(DEFAULT_CACHE_BYTES).describe('how much of packages is kept, to make the next one of and to give to other hosts; default: 4GiB'),
  peers: peers.default({ host: '0.0.0.0', port: PEERS_PORT, otherwise: 'any-port' })
    .describe(`where other hosts of its datacenter ask for pieces of packages, or off; default: 0.0.0.0:${PEERS_PORT}, or any free port if it is taken`),
  'peer-address': reachable.optional()
    .describe('where others reach this host, if not by the address that its connections come from'),
  upload: rate.optional().describe('at most so many bytes a second to other hosts (50MB); default: no limit'),
  download: rate.optional().describe('at most so many bytes a second of packages (50MB); default: no limit'),
  'log-level': logLevel,
})

export type Config = z.output<typeof configSchema>

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=')
  return at < 0 ? [pair, ''] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
}
