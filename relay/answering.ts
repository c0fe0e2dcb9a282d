/** What a relay answers on its piece port: who may ask, for what, and who is heard as a relay or as a member of a swarm. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { ArtifactGrant } from '../shared/artifact-grant.ts'
import { announcementSchema, WANTS_HEADER } from '../shared/distribution/protocol.ts'
import { RELAY_REPORT_MAX_BYTES, RELAY_REPORT_PATH, relayReportSchema } from '../shared/distribution/relay-report.ts'
import type { RelayReport, RelayReportAnswer } from '../shared/distribution/relay-report.ts'
import { MusterError, problem } from '../shared/errors.ts'
import { issueMessage } from '../shared/issue.ts'
import { REFUSALS } from '../shared/pieces/leave.ts'
import type { Leave, Refusal } from '../shared/pieces/leave.ts'
import { pieceRoute } from '../shared/pieces/route.ts'
import type { PieceRoute } from '../shared/pieces/route.ts'
import { peerOf } from '../shared/pieces/tls.ts'
import type { Peer } from '../shared/pieces/tls.ts'
import { learnSoon } from './giving.ts'
import type { Asker, Giving } from './giving.ts'
import { busy, json, jsonOf, missing, refuse } from './reply.ts'
import type { Counts } from './stats.ts'
import type { Swarm } from './swarm.ts'
import type { Swarms } from './swarms.ts'

export type AnsweringOptions = {
  leave: Leave
  /** Whether whoever has shown a good certificate and grant has not been removed since; null: nobody here knows. @throws MusterError unavailable */
  admits: ((peer: Peer, grant: ArtifactGrant) => Promise<boolean>) | null
  swarms: Swarms
  giving: Giving
  counts: Counts
  /** What relays report of themselves; null: nobody wants to know. @throws MusterError what the relay is told */
  onReport: ((from: Peer, report: RelayReport) => Promise<RelayReportAnswer>) | null
  log: Logger
}

/** A bitmap of 65,536 pieces, in base64url, and what else an announcement says. */
const MAX_BODY_BYTES = 32 * 1024
const RETRY_MS = 250
/** There is nothing here that could judge a grant, or no room for another swarm. */
const LATER_MS = 2000
/** IPv4 as a socket for both says it. */
const MAPPED = /^::ffff:(?=\d+\.)/

/** Never rejects. */
export async function answer(options: AnsweringOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await route(options, request, response)
  } catch (error) {
    if (error instanceof MusterError && !response.headersSent) return refuse(response, error)
    if (!(error instanceof MusterError) && !request.destroyed) options.log.error({ err: error, url: request.url }, 'a request failed')
    response.destroy()
  }
}

async function route(options: AnsweringOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { leave, admits, swarms, counts } = options
  const peer = peerOf(request.socket)
  if (request.method === 'POST' && request.url === RELAY_REPORT_PATH) return await hear(options, peer, request, response)
  const asked = pieceRoute(request.method, request.url)
  if (asked === null) throw problem('route_unknown', `there is no ${request.method} ${request.url}`)
  const verdict = leave.judge(request.headers.authorization, peer, asked.root, null, Date.now())
  if (!verdict.granted) {
    counts.refused++
    if (verdict.why === 'unready') return busy(response, LATER_MS)
    throw problem('grant_refused', REFUSALS[verdict.why], { expected: EXPECTED[verdict.why] })
  }
  const { grant, text } = verdict
  if (admits !== null && !await admits(peer!, grant)) {
    counts.refused++
    throw problem('identity_unknown', 'this machine, or the host that it fetches for, was removed', { expected: 'a machine that has joined anew' })
  }
  const swarm = swarms.open(asked.root, grant, text)
  if (swarm === null) return busy(response, LATER_MS)
  await serve(options, asked, swarm, { peer: peer!, grant }, request, response)
}

const ANOTHER = 'a grant that a coordinator has given this very machine for these pieces'
const EXPECTED: Record<Exclude<Refusal, 'unready'>, string> = {
  missing: 'Authorization: Grant <grant>', unsigned: 'a new grant', expired: 'a new grant', stranger: 'the certificate of an agent or a relay',
  host: ANOTHER, root: ANOTHER, dc: ANOTHER,
}

async function serve(
  { swarms, giving }: AnsweringOptions, asked: PieceRoute, swarm: Swarm, asker: Asker, request: IncomingMessage, response: ServerResponse,
): Promise<void> {
  switch (asked.kind) {
    case 'root':
      return await giving.root(swarm, asker, response)
    case 'piece':
      return await giving.piece(swarm, asked.index, asker, response)
    case 'any':
      return await giving.any(swarm, String(request.headers[WANTS_HEADER] ?? ''), asker, response)
    case 'announce':
      return await announce(swarms, swarm, asker, request, response)
    case 'have':
      return missing(response)
    default:
      return asked satisfies never
  }
}

async function announce(swarms: Swarms, swarm: Swarm, { peer, grant }: Asker, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parsed = announcementSchema.safeParse(await jsonOf(request, MAX_BODY_BYTES))
  if (!parsed.success) throw problem('body_invalid', issueMessage(parsed.error.issues[0]!))
  if (peer.role !== 'agent') throw problem('forbidden', 'a relay is in no swarm', { expected: 'the certificate of an agent' })
  const address = parsed.data.address ?? (request.socket.remoteAddress ?? '').replace(MAPPED, '')
  await learnSoon(swarm, response)
  const answer = swarm.announce(peer.host, address, grant.dc, parsed.data)
  if (answer === null) return busy(response, RETRY_MS)
  swarms.pull(swarm)
  json(response, 200, answer)
}

async function hear({ onReport }: AnsweringOptions, peer: Peer | null, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (onReport === null) throw problem('route_unknown', 'relays report to coordinators, and this is none')
  if (peer === null) throw problem('forbidden', REFUSALS.stranger, { expected: 'the certificate of a relay' })
  const parsed = relayReportSchema.safeParse(await jsonOf(request, RELAY_REPORT_MAX_BYTES))
  if (!parsed.success) throw problem('body_invalid', issueMessage(parsed.error.issues[0]!))
  json(response, 200, await onReport(peer, parsed.data))
}
