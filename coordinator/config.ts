/** The coordinator's settings. */
import { z } from 'zod'
import { parseAddress } from '../shared/address.ts'
import type { Address } from '../shared/address.ts'
import { logLevel } from '../shared/config.ts'
import { parseDuration } from '../shared/duration.ts'
import { problem } from '../shared/errors.ts'
import { LABEL_KEY_PATTERN } from '../shared/ids.ts'

const address = z.string().transform((text, context): Address => {
  const parsed = parseAddress(text)
  if (parsed !== null) return parsed
  context.addIssue({ code: 'custom', message: `"${text}" is not an address; expected HOST:PORT such as 127.0.0.1:4600` })
  return z.NEVER
})

/** A machine with one comes in for as long after its key was stolen, unless it is removed; agents renew at two thirds of it. */
const CERTIFICATE_TTL = { min: 10_000, max: 90 * 86_400_000 }
const certificateTtl = z.string().transform((text, context): number => {
  const ttlMs = parseDuration(text)
  if (ttlMs !== null && ttlMs >= CERTIFICATE_TTL.min && ttlMs <= CERTIFICATE_TTL.max) return ttlMs
  context.addIssue({ code: 'custom', message: `"${text}" does not do; expected a duration from 10s to 90d, for instance 24h` })
  return z.NEVER
})

const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])

const labelKeys = z.string().default('').transform((text, context): string[] => {
  const keys = text.split(',').map((key) => key.trim()).filter((key) => key !== '')
  const bad = keys.find((key) => !LABEL_KEY_PATTERN.test(key))
  if (bad === undefined) return [...new Set(keys)]
  context.addIssue({ code: 'custom', message: `"${bad}" is not the key of a label; expected keys such as dc,env` })
  return z.NEVER
})

/** Nobody runs more, and every change would wait for the slowest of them. */
const MAX_REPLICAS = 10
/** More is not retention but an archive. */
const MAX_RETAINED = 1000

export const configSchema = z.object({
  'data-dir': z.string().min(1).describe('a directory for artifacts and, without --redis, for the private Redis'),
  'key-dir': z.string().min(1).optional().describe('a directory for keys, the same for all coordinators; default: keys in the data directory'),
  'ca-cert': z.string().min(1).optional()
    .describe('an authority of yours that issues all certificates (PEM file; with those above it, if it is not a root); default: one that Muster makes'),
  'ca-key': z.string().min(1).optional().describe('its key (PEM file)'),
  'certificate-ttl': certificateTtl.default(24 * 3_600_000).describe('for how long the certificates of machines are good; default: 24h'),
  'http-cert': z.string().min(1).optional()
    .describe('a certificate for people’s browsers and programs (PEM file, with those above it); default: one of Muster’s own authority'),
  'http-key': z.string().min(1).optional().describe('its key (PEM file)'),
  artifacts: z.string().min(1).optional()
    .describe('where artifacts are kept, for all coordinators: a directory that they share, or s3://BUCKET/PREFIX; default: artifacts in the data directory'),
  'retain-releases': z.coerce.number().int().min(1).max(MAX_RETAINED).default(10)
    .describe('of how many releases of each service the packages stay, beyond those that run or are wanted somewhere; default: 10'),
  http: address.default({ host: '127.0.0.1', port: 4600 }).describe('where people and programs reach it; default: 127.0.0.1:4600'),
  grpc: address.default({ host: '127.0.0.1', port: 4601 }).describe('where agents reach it; default: 127.0.0.1:4601'),
  pieces: address.optional().describe('where hosts and relays fetch packages; default: port 4602 where --grpc is'),
  'advertise-http': z
    .url({ protocol: /^https$/, error: 'expected a URL such as https://10.0.0.5:4600' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe('the URL under which machines join; default: the address of --http'),
  'advertise-grpc': address.optional().describe('the address under which agents dial; default: that of --grpc'),
  'advertise-pieces': z
    .url({ protocol: /^https$/, error: 'expected a URL such as https://10.0.0.5:4602' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe('the URL under which hosts and relays fetch packages from this very coordinator; default: the address of --pieces'),
  redis: z
    .string()
    .regex(/^(rediss?(\+sentinel)?:\/\/|unix:\/\/|\/)/, 'expected redis://…, rediss://…, redis+sentinel://… or the path of a socket')
    .optional()
    .describe('your Redis, or its sentinels as redis+sentinel://HOST:PORT,…/MASTER; default: a private one in the data directory'),
  'redis-replicas': z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_REPLICAS)
    .default(0)
    .describe('how many replicas of your Redis must have a change before it is acknowledged; default: 0'),
  'adopt-unsealed': flag.default(false)
    .describe('at this start, take over what a version before seals has left in Redis; only for a Redis that nobody else could write to'),
  'bound-labels': labelKeys.describe('labels that only a join token can give, separated by commas; agents’ claims of them are ignored; default: none'),
  'heartbeat-ms': z.coerce.number().int().min(100).max(10_000).default(10_000).describe('how often agents show that they live, in ms; default: 10000'),
  'log-level': logLevel,
})

export type Config = z.output<typeof configSchema>

const PIECES_PORT = 4602

/** Whoever reaches the agents' port is to reach this one. */
export function piecesAddress({ pieces, grpc }: Pick<Config, 'pieces' | 'grpc'>): Address {
  return pieces ?? { host: grpc.host, port: PIECES_PORT }
}

/** Settings that say nothing together, or without each other. @throws MusterError config_invalid */
export function refuseContradiction(config: Config): void {
  refuseHalf(config, 'ca')
  refuseHalf(config, 'http')
  const { redis, 'redis-replicas': replicas } = config
  if (redis !== undefined || replicas === 0) return
  throw problem('config_invalid', '--redis-replicas: the private Redis has no replicas', {
    field: '--redis-replicas',
    expected: 'a Redis of your own with --redis, or 0',
  })
}

function refuseHalf(config: Config, which: 'ca' | 'http'): void {
  const [certificate, key] = [config[`${which}-cert`], config[`${which}-key`]]
  if ((certificate === undefined) === (key === undefined)) return
  const missing = certificate === undefined ? `--${which}-cert` : `--${which}-key`
  throw problem('config_invalid', `${missing} is missing`, { field: missing, expected: `--${which}-cert and --${which}-key together` })
}
