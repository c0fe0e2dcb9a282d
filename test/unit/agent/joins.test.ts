/** The agent as a process: from a join token to a session, and what it says where it is not let in. */
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { testKeys } from '../../keys.ts'
import { TestHost } from './fixture.ts'
import { Doorkeeper } from '../machine/doorkeeper.ts'

vi.setConfig({ testTimeout: 60_000 })

const EXIT_CONFIG = 2

let host: TestHost
let door: Doorkeeper
beforeEach(async () => {
  host = await TestHost.create()
  await rm(join(host.dir, 'agent'), { recursive: true })
  door = await Doorkeeper.open(await testKeys())
})
afterEach(async () => {
  await host.dispose()
  door.close()
})

async function ended(...flags: string[]): Promise<{ code: number | null; said: string }> {
  const agent = host.start(...flags)
  await once(agent, 'close')
  return { code: agent.exitCode, said: host.log }
}

it('joins with the token in a file, holds a session where it was told to, and needs no token at the next start', async () => {
  const file = join(host.dir, 'join-token')
  await writeFile(file, `${door.written()}\n`)
  door.grpc = host.coordinator.address
  host.start('--join', file)
  await host.coordinator.hear('hello')
  await host.kill()
  await rm(file)
  const since = host.coordinator.heard.length
  host.start('--join', file)
  await host.coordinator.hear('hello', () => true, since)
  expect(door.asked).toHaveLength(1)
})

it('a deployment comes through, with packages and all', async () => {
  door.grpc = host.coordinator.address
  host.start('--join', door.written())
  expect(await host.coordinator.result((await host.deploy(1, host.release('1.0'))).id)).toMatchObject({ verdict: 'succeeded' })
})

it('begins its session anew with a renewed certificate, before the former one is over', async () => {
  ;[door.grpc, door.validMs, host.coordinator.policy.heartbeatMs] = [host.coordinator.address, 6000, 50]
  host.start('--join', door.written())
  await host.coordinator.hear('hello')
  const since = host.coordinator.heard.length
  door.validMs = 3_600_000
  await door.heard('renew', 1)
  await host.coordinator.hear('hello', () => true, since)
  expect(host.log).toContain('the session begins anew')
  expect(host.log).not.toContain('session lost')
})

it.each([
  ['is used up', 'token_invalid', /muster agent: refused: token_invalid/],
  ['is not for a name that another has', 'host_enrolled', /muster agent: refused: host_enrolled/],
] as const)('ends when the token %s', async (_what, code, says) => {
  door.refusing = code
  const { code: exit, said } = await ended('--join', door.written())
  expect(said).toMatch(says)
  expect(exit).toBe(EXIT_CONFIG)
})

it('ends when another authority answers where the token says', async () => {
  const { code, said } = await ended('--join', door.written({ pin: `sha256:${'0'.repeat(64)}` }))
  expect(said).toMatch(/that is not the one that was pinned; expected sha256:0{64}/)
  expect(code).toBe(EXIT_CONFIG)
  expect(door.heardBytes).toBe(0)
})

it('ends when the identity is that of another host', async () => {
  door.grpc = host.coordinator.address
  host.start('--join', door.written())
  await host.coordinator.hear('hello')
  await host.kill()
  const { code, said } = await ended('--host', 'h2')
  expect(said).toContain('holds the identity of the agent h1, and this is the agent h2; expected --host h1')
  expect(code).toBe(EXIT_CONFIG)
})
