/** Somebody on the network: can reach both ports, listen, and stand in between; has no certificate and no token. */
import { credentials } from '@grpc/grpc-js'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, test } from 'vitest'
import { certify } from '../../../coordinator/adapters/keys/certificates.ts'
import type { TokenCreatedView } from '../../../shared/api/token.ts'
import { formatJoinToken, parseJoinToken } from '../../../shared/identity/join-token.ts'
import { COORDINATOR_NAME } from '../../../shared/identity/names.ts'
import { machine, makeKeys } from '../../keys.ts'
import { Agent as Session, hello } from '../../unit/sessions/agent.ts'
import { Fleet, stopFleetsAfterwards } from '../fleet.ts'
import { muster } from '../fleet/command-line.ts'
import { nobody, sessionWith } from './machine.ts'

const UNAVAILABLE = 14
/** What it takes no token for; a machine that joins or renews brings its own proof. */
const OPEN = ['get /v1/health', 'post /v1/identity/enrol', 'post /v1/identity/renew']

stopFleetsAfterwards()

let fleet: Fleet
beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 1 })
})

test.each(['http', 'grpc'] as const)('plain HTTP gets nothing from the %s port', async (edge) => {
  await expect(fetch(`http://${fleet.coordinator[edge]}/v1/health`)).rejects.toThrow('fetch failed')
})

describe('the port of agents', () => {
  const port = () => Number(fleet.coordinator.grpc.split(':').at(-1))

  test.each<[what: string, session: () => Session | Promise<Session>]>([
    ['no TLS', () => new Session(port(), 'h1', Promise.resolve(credentials.createInsecure()))],
    ['no certificate', () => sessionWith(fleet, null, 'h1')],
    ['a certificate of another authority', async () => sessionWith(fleet, await machine(await makeKeys(), 'h1'), 'h1')],
  ])('has not a word for who shows %s', async (_what, session) => {
    const stranger = (await session()).say(hello())
    expect((await stranger.ended).code).toBe(UNAVAILABLE)
    expect(stranger.heard).toEqual([])
    stranger.drop()
  })
})

test('nothing but the open routes answers without a token', async () => {
  const { paths } = await fleet.api.get<{ paths: Record<string, Record<string, unknown>> }>('/v1/openapi.json')
  const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
  expect(routes).toEqual(expect.arrayContaining([...OPEN, 'post /v1/rollouts', 'get /v1/artifacts/{digest}']))
  for (const route of [...routes, 'get /metrics', 'get /v1/openapi.json', 'get /v1/nowhere', 'get /']) {
    const [method = '', path = ''] = route.split(' ')
    const { status } = await nobody(fleet).ask(method.toUpperCase(), path.replace(/\{\w+\}/g, 'x'), method === 'get' ? undefined : {})
    expect([route, status === 401]).toEqual([route, !OPEN.includes(route)])
  }
})

describe('a man in the middle of an enrolment', () => {
  /** Who speaks TLS with a certificate that it has issued to itself, for a coordinator, and takes down what comes. */
  async function between(alsoShown: string) {
    const { keyring: { issuer } } = await makeKeys()
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const wanted = { subject: 'CN=coordinator', names: { dns: [COORDINATOR_NAME] }, usage: 'server', validMs: 3_600_000 } as const
    const cert = await certify(issuer, publicKey, wanted, Date.now()) + (alsoShown || issuer.certificate.toString())
    const heard: string[] = []
    const server = createServer({ key: privateKey.export({ type: 'pkcs8', format: 'pem' }), cert }, (request, response) => {
      void text(request).then((body) => {
        heard.push(`${request.url} ${body}`)
        response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { code: 'token_invalid', message: 'no' } }))
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { heard, server, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }

  test.each([
    ['its own authority', () => ''],
    ['the pinned authority beside a certificate of its own', () => fleet.coordinator.door.ca!],
  ])('who shows %s lets nobody in, and the secret of the token never leaves', async (_what, alsoShown) => {
    const { text: given } = await fleet.api.post<TokenCreatedView>('/v1/tokens', { role: 'agent' })
    const { heard, server, url } = await between(alsoShown())
    const token = formatJoinToken({ ...parseJoinToken(given)!, url })
    const ran = await muster(['agent', '--join', token, '--host', 'h9', '--data-dir', join(fleet.dir, 'h9'), '--root', join(fleet.dir, 'h9-root')])
    server.close()
    expect(heard).toEqual([])
    expect(ran.code).toBe(2)
    expect(ran.stderr + ran.stdout).toContain('pinned')
  })
})
