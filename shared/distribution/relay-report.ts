/**
 * What a relay says of itself every few seconds, and what it hears: POST /v1/relays/report on the piece port of a coordinator, JSON both ways, with the
 * relay's machine certificate and without a grant. Hosts are told of it as long as it reports.
 */
import { z } from 'zod'
import { LABEL_VALUE_PATTERN, NAME_PATTERN } from '../ids.ts'
import { MAX_SOURCES } from './offer.ts'
import type { Source } from './offer.ts'

export const RELAY_REPORT_PATH = '/v1/relays/report'
/** Three times within what makes it count as silent. */
export const RELAY_REPORT_EVERY_MS = 8000
/** Of a report's body. */
export const RELAY_REPORT_MAX_BYTES = 8192

const count = z.number().int().min(0)
const url = z.url({ protocol: /^https$/ }).max(300)

/** `sentBytes`: to hosts and other relays; `fetchedBytes`: from its upstreams; both since it was started. `hosts`: that are in its swarms just now. */
const figuresSchema = z.object({ cachedBytes: count, cacheMaxBytes: count, sentBytes: count, fetchedBytes: count, swarms: count, hosts: count })
export type RelayFigures = z.output<typeof figuresSchema>

export const relayReportSchema = z.object({
  /** Where hosts reach it. */
  url,
  /** The datacenter that it is for, '' for none; what its join token has bound counts more. */
  dc: z.union([z.literal(''), z.string().regex(LABEL_VALUE_PATTERN)]),
  version: z.string().max(100),
  /** The name of a relay that it is to fetch from; null: from coordinators. */
  upstream: z.string().regex(NAME_PATTERN).nullable(),
  figures: figuresSchema,
})
export type RelayReport = z.output<typeof relayReportSchema>

const der = z.base64().max(16 * 1024)
const sourceSchema = z.object({ kind: z.enum(['relay', 'coordinator']), name: z.string().max(255), url }) satisfies z.ZodType<Source>

/**
 * `authorities`, `signers`: as in the trust that agents are told, DER in base64. `upstreams`: whom to ask, in this order. `siblings`: the URLs of all relays
 * of its datacenter, its own among them, as hosts share out the pieces between them.
 */
export const relayReportAnswerSchema = z.object({
  authorities: z.array(der).max(100),
  signers: z.array(der).max(100),
  upstreams: z.array(sourceSchema).max(MAX_SOURCES),
  siblings: z.array(url).max(MAX_SOURCES),
})
export type RelayReportAnswer = z.output<typeof relayReportAnswerSchema>
