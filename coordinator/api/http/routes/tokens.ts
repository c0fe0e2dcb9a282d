/** Tokens over HTTP: made, listed without their secrets, and revoked. */
import { z } from 'zod'
import { revokedTokenSchema, tokenCreatedSchema, tokenRequestSchema, tokensSchema } from '../../../../shared/api/token.ts'
import { formatApiToken } from '../../../../shared/identity/api-token.ts'
import { formatJoinToken } from '../../../../shared/identity/join-token.ts'
import { createToken, revokeToken } from '../../../engine/tokens.ts'
import { actorOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { refusals } from '../refusals.ts'

const revoking = { params: z.object({ id: z.string() }), querystring: z.object({ reason: z.string().max(500).optional() }) }

/** Asked twice there are two tokens, and nobody has the secret of the one whose answer was lost. */
const making = { config: { secretAnswer: true }, schema: { body: tokenRequestSchema, response: { 201: tokenCreatedSchema, ...refusals } } }

export function tokenRoutes(app: App, { ports, authority, tokens, machineUrls }: HttpDeps): void {
  app.post('/v1/tokens', making, async (request, reply) => {
    const { token, secret } = await createToken(tokens, request.body, actorOf(request), ports.clock())
    const { id } = token
    const text = token.kind === 'api' ? formatApiToken({ id, secret }) : formatJoinToken({ url: machineUrls().http, pin: authority.pin, id, secret })
    return reply.status(201).send({ id, text, token })
  })
  app.get('/v1/tokens', { schema: { response: { 200: tokensSchema, ...refusals } } }, async () => ({ tokens: await tokens.all() }))
  app.delete('/v1/tokens/:id', { schema: { ...revoking, response: { 200: revokedTokenSchema, ...refusals } } }, async ({ params: { id } }) => {
    await revokeToken(tokens, id)
    return { id, revoked: true as const }
  })
}
