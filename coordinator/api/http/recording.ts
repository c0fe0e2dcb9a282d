/**
 * Every request that changes something is in the record, by two hooks over all routes: begun before its handler runs, ended before its answer is
 * sent. Where it cannot be begun it is not done; where it cannot be ended the answer says that nobody knows, and so does the record.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AuditOutcome } from '../../engine/ports/audit.ts'
import { actorOf } from './actor.ts'
import type { App, HttpDeps } from './deps.ts'
import { difference } from './difference.ts'
import { originOf } from './origin.ts'
import { changesSomething, fieldsOf, targetsOf, verbOf } from './verb.ts'
import { snapshot } from './snapshot.ts'

type Recording = { id: string; before: unknown; targets: string[] }

const recordings = new WeakMap<FastifyRequest, Recording>()

export function recordChanges(app: App, { ports, audit }: Pick<HttpDeps, 'ports' | 'audit'>): void {
  app.addHook('preHandler', async (request) => {
    if (!changesSomething(request)) return
    const targets = targetsOf(request, null)
    const verb = verbOf(request)
    const before = await snapshot(ports, verb, targets)
    const id = await audit.begin({
      atMs: ports.clock(), actor: actorOf(request), verb, targets, reason: reasonOf(request),
      from: originOf(request),
    })
    recordings.set(request, { id, before, targets })
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const recording = recordings.get(request)
    // Once only: a refusal that takes the place of an answer comes through here again.
    if (recording === undefined || !recordings.delete(request)) return
    try {
      await end(request, reply, recording, payload)
    } catch (error) {
      request.log.warn({ err: error, entry: recording.id }, 'the outcome of a change is not in the record')
      if (reply.statusCode < 400) throw error
    }
  })

  async function end(request: FastifyRequest, reply: FastifyReply, { id, before, targets }: Recording, payload: unknown): Promise<void> {
    const answer = typeof payload === 'string' ? (JSON.parse(payload) as unknown) : null
    const outcome = outcomeOf(reply.statusCode)
    if (outcome !== 'done') return audit.end(id, { outcome, code: codeOf(answer), changes: [], targets })
    const all = targetsOf(request, answer)
    const after = await snapshot(ports, verbOf(request), all)
    const { reason: _said, ...asked } = fieldsOf(request.body)
    const changes = before === null && after === null ? difference(null, asked) : difference(before, after)
    await audit.end(id, { outcome, code: null, changes, targets: all })
  }
}

function outcomeOf(status: number): AuditOutcome {
  if (status < 400) return 'done'
  return status < 500 ? 'refused' : 'failed'
}

function codeOf(answer: unknown): string | null {
  const { code } = fieldsOf(fieldsOf(answer)['error'])
  return typeof code === 'string' ? code : null
}

function reasonOf(request: FastifyRequest): string | null {
  const reason = fieldsOf(request.body)['reason'] ?? fieldsOf(request.query)['reason']
  return typeof reason === 'string' ? reason : null
}
