/** Attempts at what the one who asks may not do, in the record of changes; no attempt may fill it. */
import type { FastifyRequest } from 'fastify'
import type { Audit } from '../../engine/ports/audit.ts'
import { actorOf, principalOf } from './actor.ts'
import { originOf } from './origin.ts'
import { targetsOf, verbOf } from './verb.ts'

/** The same attempt by the same token is recorded once in this time. */
export const FORBIDDEN_RECORDED_EVERY_MS = 600_000

export async function recordForbidden(audit: Audit, request: FastifyRequest, nowMs: number): Promise<void> {
  const verb = verbOf(request)
  const once = ['forbidden', principalOf(request)?.token, verb, Math.floor(nowMs / FORBIDDEN_RECORDED_EVERY_MS)].join(' ')
  const entry = { atMs: nowMs, actor: actorOf(request), verb, targets: targetsOf(request, null), reason: null, from: originOf(request) }
  await audit.record({ ...entry, outcome: 'refused', code: 'forbidden', changes: [] }, once)
}
