/** A machine that a test is by hand: what it enrols with, who it is then, and what it does with that. */
import { join } from 'node:path'
import { Agent as Connections, fetch } from 'undici'
import { certificateRequest, makeKey } from '../../../shared/machine/request.ts'
import { readKept } from '../../../shared/machine/kept.ts'
import type { Kept } from '../../../shared/machine/kept.ts'
import type { EnrolledView } from '../../../shared/api/identity.ts'
import type { ProblemBody } from '../../../shared/api/problem.ts'
import { parseJoinToken } from '../../../shared/identity/join-token.ts'
import { COORDINATOR_NAME } from '../../../shared/identity/names.ts'
import { certificatesIn } from '../../../shared/identity/pem.ts'
import { askRoot } from '../../../shared/pieces/ask.ts'
import { Dialer } from '../../../shared/pieces/tls.ts'
import { until } from '../fleet/until.ts'
import { Agent as Session, showing } from '../../unit/sessions/agent.ts'
import { Api } from '../fleet/api.ts'
import type { Answer } from '../fleet/api.ts'
import type { Fleet } from '../fleet.ts'

const PATIENCE_MS = 10_000

/** PEM. */
export type Paper = { key: string; certificate: string }

/** Asks without a token. */
export function nobody(fleet: Fleet): Api {
  return new Api({ ...fleet.coordinator.door, token: null })
}

/** The identity of one of the fleet's agents, as whoever reads its disk has it. */
export async function stolenFrom(fleet: Fleet, host: string): Promise<Kept> {
  const kept = await readKept(join(fleet.agent(host).dataDir, 'identity'))
  if (kept === null) throw new Error(`${host} has not joined`)
  return kept
}

/** Asks to be let in on a token. @returns the answer, and the paper when it is one */
export async function enrol(fleet: Fleet, token: string, host: string, role = 'agent'): Promise<Answer & { paper: Paper }> {
  const { id, secret } = parseJoinToken(token)!
  const key = makeKey()
  const question = { id, secret, role, host, request: await certificateRequest(key, host) }
  const { status, body } = await nobody(fleet).ask<EnrolledView>('POST', '/v1/identity/enrol', question)
  return { status, body, paper: { key, certificate: status === 200 ? body.certificate : '' } }
}

export async function renew(fleet: Fleet, { key, certificate }: Paper, host: string): Promise<Answer<ProblemBody>> {
  return nobody(fleet).ask('POST', '/v1/identity/renew', { certificate, request: await certificateRequest(key, host) })
}

/** Connections to piece ports with the machine's certificate. */
export function dialling(fleet: Fleet, { key, certificate }: Paper): Dialer {
  const authorities = certificatesIn(fleet.coordinator.door.ca!).map(String)
  return new Dialer({ now: () => ({ key, chain: certificate, authorities }), onChange: () => () => undefined })
}

/** Asks the coordinator for a root, until it is something else than busy. @returns what kind of answer that is */
export async function askedForRoot(fleet: Fleet, paper: Paper, grant: string, root: string): Promise<string> {
  const dialer = dialling(fleet, paper)
  const where = { url: `https://${fleet.coordinator.pieces}`, expected: { role: 'coordinator' as const } }
  try {
    return await until('an answer', async () => {
      const { kind } = await askRoot(dialer, where, root, null, { grant, signal: AbortSignal.timeout(PATIENCE_MS), stallMs: PATIENCE_MS })
      return kind === 'busy' ? null : kind
    })
  } finally {
    dialer.close()
  }
}

/** A session in which the test says what the agent would, for whichever host it likes. @param paper null: shows no certificate */
export function sessionWith(fleet: Fleet, paper: Paper | null, host: string): Session {
  const port = Number(fleet.coordinator.grpc.split(':').at(-1))
  return new Session(port, host, Promise.resolve(showing(fleet.coordinator.door.ca!, paper)))
}

/** Asks the HTTP API with the machine's certificate in the handshake. @returns the status */
export async function asMachine(fleet: Fleet, { key, certificate }: Paper, path: string, authorization?: string): Promise<number> {
  const { url, ca } = fleet.coordinator.door
  const dispatcher = new Connections({ connect: { ca: ca!, servername: COORDINATOR_NAME, key, cert: certificate } })
  const response = await fetch(url + path, { dispatcher, headers: authorization === undefined ? {} : { authorization } })
  await response.arrayBuffer()
  await dispatcher.close()
  return response.status
}
