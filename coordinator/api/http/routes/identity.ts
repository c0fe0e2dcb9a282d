/**
 * How machines enrol and have their certificates renewed: the only routes that change something and take no token of the API. Owns that no address keeps
 * a coordinator busy with them, nor fills its log with refusals; and that tokens which are no good keep nobody from renewing who is in.
 */
import type { FastifyRequest } from 'fastify'
import { enrolledSchema, enrolSchema, renewSchema } from '../../../../shared/api/identity.ts'
import { MusterError, problem } from '../../../../shared/errors.ts'
import { enrol } from '../../../engine/enrol.ts'
import { renew } from '../../../engine/renew.ts'
import type { App, HttpDeps } from '../deps.ts'
import { originOf } from '../origin.ts'
import { refusals } from '../refusals.ts'
import type { Rate } from '../../bucket.ts'
import { Rates } from '../../rates.ts'

/** Whoever asks is nobody yet. */
const MAX_IDENTITY_BODY_BYTES = 24 * 1024
/** Of either kind, from one address, behind which a whole data centre may be: thousands of hosts that join at once do so within a minute. */
export const IDENTITY_REQUESTS: Rate = { perSecond: 100, atOnce: 200 }
/** Whoever is not let in has shown a join token that is no good: each counts for so many requests, so guessing is slow. */
export const REFUSED_COUNTS_FOR = 50

/**
 * For the hooks nothing changes here: an enrolment is recorded by the engine, under its join token, and not before that one is good; and repeating one
 * is safe without an idempotency key.
 */
const open = { config: { access: 'anyone', changesNothing: true }, bodyLimit: MAX_IDENTITY_BODY_BYTES } as const

export function identityRoutes(app: App, { ports, authority, identities, tokens, machineUrls }: HttpDeps): void {
  const deps = () => {
    const { grpc, pieces } = machineUrls()
    return { ...ports, authority, identities, tokens, grpc, pieces }
  }
  const [enrolments, renewals] = [ratesOf(), ratesOf()]
  app.post('/v1/identity/enrol', { ...boundBy(enrolments), schema: { body: enrolSchema, response: { 200: enrolledSchema, ...refusals } } }, (request) =>
    counting(enrolments, request.ip, enrol(deps(), request.body, originOf(request))))
  app.post('/v1/identity/renew', { ...boundBy(renewals), schema: { body: renewSchema, response: { 200: enrolledSchema, ...refusals } } }, (request) =>
    renew(deps(), request.body))
}

function ratesOf(): Rates {
  return new Rates(IDENTITY_REQUESTS, () => performance.now())
}

function boundBy(rates: Rates) {
  return { ...open, onRequest: async (request: FastifyRequest) => comeIn(rates, request.ip) }
}

function comeIn(rates: Rates, address: string): void {
  if (rates.take(address)) return
  const { perSecond } = IDENTITY_REQUESTS
  throw problem('too_many_requests', `${address} asks too often`, { expected: `at most ${perSecond} enrolments and as many renewals in a second` })
}

async function counting<T>(rates: Rates, address: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof MusterError && error.kind === 'unauthenticated') rates.charge(address, REFUSED_COUNTS_FOR - 1)
    throw error
  }
}
