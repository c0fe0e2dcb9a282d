/**
 * `Idempotency-Key`: what is asked with the same key again is not done again. Owns that of all requests with one key at most one is carried out, also
 * when its coordinator dies: then nobody knows whether it was, and asking again is refused instead of perhaps doing it twice.
 */
import type { FastifyRequest } from 'fastify'
import { canonicalJson, sha256 } from '../../../shared/digest.ts'
import { problem } from '../../../shared/errors.ts'
import { actorOf } from './actor.ts'
import type { App, HttpDeps } from './deps.ts'
import { changesSomething } from './verb.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answer holds a secret, which is kept nowhere: a key is not heeded, and asking twice has to be harmless. */
    secretAnswer?: boolean
  }
}

const KEY = /^[\x21-\x7e]{1,200}$/
/** Of an answer that was given before. */
export const REPLAYED_HEADER = 'idempotency-replayed'

/** Under which key the answer of a request is to be kept. */
const begun = new WeakMap<FastifyRequest, string>()

/** To be called before changes are recorded: what is only answered again is no change. */
export function answerOnce(app: App, { ports, answers }: Pick<HttpDeps, 'ports' | 'answers'>): void {
  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request)
    if (key === null) return
    const standing = await answers.begin(key, digestOf(request), ports.clock())
    switch (standing.is) {
      case 'begun':
        begun.set(request, key)
        return
      case 'answered': {
        const { status, body } = standing.answer
        // Of an upload nobody will read the rest.
        if (!request.raw.complete) void reply.header('connection', 'close')
        return reply.status(status).header(REPLAYED_HEADER, 'true').type('application/json').serializer(String).send(body)
      }
      case 'running':
        throw problem('idempotency_in_progress', 'a request with this key has begun and has no answer yet', {
          field: 'Idempotency-Key', expected: 'the same again in a moment; if that stays so, look whether it was done, and ask with a new key',
        })
      case 'other-request':
        throw problem('idempotency_mismatch', 'another request was made with this key', { field: 'Idempotency-Key', expected: 'a new key for every request' })
    }
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const key = begun.get(request)
    if (key === undefined || typeof payload !== 'string') return
    // The answer is right even where it cannot be kept; asking again will then be refused.
    await answers.answer(key, { status: reply.statusCode, body: payload }).catch((error: unknown) => request.log.warn({ err: error }, 'an answer is not kept'))
  })
}

/** Null: none was given, or nothing changes anyway. Two people may choose the same key. */
function keyOf(request: FastifyRequest): string | null {
  const given = request.headers['idempotency-key']
  if (given === undefined || !changesSomething(request) || request.routeOptions.config.secretAnswer === true) return null
  if (typeof given === 'string' && KEY.test(given)) return `${actorOf(request)} ${given}`
  throw problem('body_invalid', 'the idempotency key is not one', { field: 'Idempotency-Key', expected: '1 to 200 printable ASCII characters without blanks' })
}

/** An upload is known by the digest that it announces, and is checked against. */
function digestOf({ method, url, body, headers }: FastifyRequest): string {
  const content = headers['content-digest'] ?? body ?? null
  return sha256(canonicalJson([method, url, content]))
}
