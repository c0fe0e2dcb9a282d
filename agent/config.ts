/** The agent's settings. */
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { z } from 'zod'
import { parseAddress } from '../shared/address.ts'
import { logLevel } from '../shared/config.ts'
import { parseDuration } from '../shared/duration.ts'
import { LABEL_KEY_PATTERN, LABEL_VALUE_PATTERN, NAME_PATTERN } from '../shared/ids.ts'


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

/** Relative ones are meant from where the agent is started. */
const directory = z.string().min(1, 'expected a directory').transform((path) => resolve(path))
const prefix = directory.transform((path) => (path === '/' ? '' : path))
const hostName = z.string().regex(NAME_PATTERN, 'expected lower-case letters, digits, dots and dashes, at most 63')
const duration = z.string().transform((text, context): number => {
  const parsedMs = parseDuration(text)
  if (parsedMs !== null) return parsedMs
  context.addIssue({ code: 'custom', message: `"${text}" is not a duration; expected for instance 10s` })
  return z.NEVER
})

export const configSchema = z.object({
  join: z.string().min(1).optional().describe('a join token, or the file that holds one; needed until this host has joined'),
  coordinator: address.optional().describe('where a coordinator listens for agents; default: where it said when this host joined'),
  host: hostName.default(() => hostname().toLowerCase()).describe('what this host is called; default: its own name'),
  'data-dir': directory.default('/var/lib/muster/agent').describe('for journals, records and packages on their way; default: /var/lib/muster/agent'),
  root: prefix.default('').describe('put before every path of a service: several agents on one machine'),
  labels: labels.default({}).describe('what selectors choose this host by: dc=fra,rack=r7'),
  'kill-grace': duration.default(10_000).describe('between SIGTERM and SIGKILL of a script whose time is over; default: 10s'),
  policy: z.string().min(1).transform((path) => resolve(path)).optional()
    .describe('what the owner of this host allows (YAML file); default: /etc/muster/policy.yaml, if it is there'),
  'audit-every': duration.default(10 * 60_000).describe('how often installed releases are compared with what was unpacked; default: 10m'),
  'log-level': logLevel,
})

export type Config = z.output<typeof configSchema>

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=')
  return at < 0 ? [pair, ''] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
}
