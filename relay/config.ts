/** The relay's settings. */
import { hostname } from 'node:os'
import { z } from 'zod'
import type { Address } from '../shared/address.ts'
import { logLevel } from '../shared/config.ts'
import { LABEL_VALUE_PATTERN } from '../shared/ids.ts'
import { addressLike, directory, httpsUrlLike, machineName, rate, size } from '../shared/settings.ts'

const LISTEN: Address = { host: '0.0.0.0', port: 4610 }
const DEFAULT_CACHE_BYTES = 20 * 1024 ** 3

export const configSchema = z.object({
  join: z.string().min(1).optional().describe('a join token, or the file that holds one; needed until this relay has joined'),
  name: machineName.default(() => hostname().toLowerCase()).describe('what this relay is called; default: the name of this machine'),
  dc: z.string().regex(LABEL_VALUE_PATTERN, 'expected the label dc of the hosts, such as fra').optional()
    .describe('the datacenter whose hosts it is for, as their label dc says; default: what its join token says'),
  'data-dir': directory.default('/var/lib/muster/relay').describe('for its identity and its cache; default: /var/lib/muster/relay'),
  listen: addressLike('0.0.0.0:4610').default(LISTEN).describe('where hosts and other relays reach it; default: 0.0.0.0:4610'),
  advertise: httpsUrlLike('https://relay-fra.example.com:4610').optional()
    .describe('the URL under which they are told to reach it; default: this machine’s name and the port of --listen'),
  coordinator: httpsUrlLike('https://muster.example.com:4602').optional()
    .describe('where a coordinator gives out packages (its --pieces); default: port 4602 of where it let this relay join'),
  upstream: machineName.optional().describe('the name of another relay to fetch from, before the coordinators; default: none'),
  cache: size.default(DEFAULT_CACHE_BYTES).describe('how much of packages is kept; default: 20GiB'),
  egress: rate.optional().describe('at most so many bytes a second to hosts and other relays (100MB); default: about what two hosts take'),
  metrics: addressLike('127.0.0.1:4612').optional().describe('where /metrics and /health are answered over plain HTTP; default: nowhere'),
  'log-level': logLevel,
})

export type Config = z.output<typeof configSchema>
