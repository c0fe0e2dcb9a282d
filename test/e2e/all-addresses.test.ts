/** A coordinator that listens on all addresses of its machine: what machines are told to dial has to be one that can be dialled from elsewhere. */
import { mkdtemp, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseJoinToken } from '../../shared/identity/join-token.ts'
import { Api } from './fleet/api.ts'
import { Coordinator } from './fleet/coordinator.ts'

let dir: string
let coordinator: Coordinator

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-all-addresses-'))
  coordinator = new Coordinator(dir, { flags: ['--http', '0.0.0.0:0', '--grpc', '0.0.0.0:0', '--pieces', '0.0.0.0:0'] })
  await coordinator.start()
}, 60_000)

afterAll(async () => {
  await coordinator.daemon.stop()
  await rm(dir, { recursive: true, force: true })
})

test('a join token leads to the name of the machine, not to the loopback of whoever uses it', async () => {
  const port = coordinator.http.split(':').at(-1)
  const { status, body } = await new Api(coordinator.door).ask<{ text: string }>('POST', '/v1/tokens', { role: 'agent' })
  expect(status).toBe(201)
  expect(parseJoinToken(body.text)?.url).toBe(`https://${hostname()}:${port}`)
})
