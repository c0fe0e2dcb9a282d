/**
 * How a machine joins. Owns that the key is on the disk before anything is asked, so that asking again after a crash or a lost answer is the same
 * question, and that the token's secret goes only to a server whose authority has the token's pin.
 */
import type { Logger } from 'pino'
import { MusterError } from '../errors.ts'
import type { ErrorKind } from '../errors.ts'
import type { JoinToken } from '../identity/join-token.ts'
import { pinnedAuthority } from '../identity/pinned-authority.ts'
import { pause } from './backoff.ts'
import type { Backoff } from './backoff.ts'
import { ask } from './exchange.ts'
import type { Identity } from './identity.ts'
import { certificateOf, joiningKey } from './kept.ts'
import { certificateRequest } from './request.ts'

/** A fleet may be imaged before its coordinator is up. */
export const JOIN_BACKOFF: Backoff = { baseMs: 500, capMs: 60_000 }
/** It may be otherwise next time. */
const PASSING: ReadonlySet<ErrorKind> = new Set<ErrorKind>(['too-many', 'unavailable', 'internal'])

/** Once. @throws MusterError what keeps this machine out, or keeps the coordinator from answering */
export async function join(identity: Identity, token: JoinToken, signal: AbortSignal): Promise<void> {
  const key = await joiningKey(identity.dir, identity.kept)
  const request = await certificateRequest(key, identity.host)
  const authority = await pinnedAuthority(token.url, token.pin, Date.now(), signal)
  const question = { id: token.id, secret: token.secret, role: identity.role, host: identity.host, request }
  const issued = await ask('enrol', token.url, authority, question, signal)
  await identity.enrolled(issued, { url: token.url, token: token.id, key })
}

/** Until it has joined or `ending` is aborted. @throws MusterError when a coordinator refuses it, or is not the one of the token */
export async function joinAtLast(identity: Identity, token: JoinToken, log: Logger, ending: AbortSignal, backoff = JOIN_BACKOFF): Promise<void> {
  for (let failures = 1; !ending.aborted; failures += 1) {
    try {
      await join(identity, token, ending)
      const { grpc, url } = identity.kept!
      log.info({ url, grpc, until: certificateOf(identity.kept!).validToDate }, `${identity.host} has joined`)
      return
    } catch (error) {
      if (ending.aborted) return
      if (!(error instanceof MusterError) || !PASSING.has(error.kind)) throw error
      log.warn({ url: token.url, reason: error.message }, 'this machine cannot join yet; it goes on trying')
      await pause(backoff, failures, ending)
    }
  }
}
