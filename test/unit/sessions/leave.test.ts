/** What a host is told when it asks for leave to fetch: grants for just that, signed for it and its datacenter, and where. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { GRANT_VALID_MS, verifyGrant } from '../../../shared/artifact-grant.ts'
import type { Command } from '../../../shared/command.ts'
import { sha256 } from '../../../shared/digest.ts'
import type { Source } from '../../../shared/distribution/offer.ts'
import type { AgentMessage } from '../../../shared/message.ts'
import { commandOf, signed } from '../hosts/commands.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import { hello } from './agent.ts'
import { startCoordinator } from './coordinators.ts'
import type { Coordinator } from './coordinators.ts'

const root = (name: string) => ({ digest: sha256(`root of ${name}`), sizeBytes: 7 })
const artifact = (name: string) => ({ digest: sha256(name), sizeBytes: 1, entries: 1 })
const relayOf = (dc: string): Source => ({ kind: 'relay', name: `relay-${dc || 'nowhere'}`, url: 'https://relay.example' })

let fixture: RedisFixture
let coordinator: Coordinator
let asked: object[]
/** What the store takes to answer; it may reject. */
let answering: () => Promise<void>
beforeEach(async () => {
  [asked, answering] = [[], () => Promise.resolve()]
  fixture = await startRedis()
  coordinator = await startCoordinator(fixture, 'one', {
    offers: {
      of: async (wanted) => {
        asked.push(wanted)
        await answering()
        const [base] = wanted.bases
        return { manifest: root(wanted.digest), delta: base === undefined ? null : { base, root: root(`${base}→${wanted.digest}`), totalBytes: 9 } }
      },
    },
    sources: { of: (dc) => Promise.resolve([relayOf(dc)]) },
  })
})
afterEach(async () => {
  await coordinator.stop()
  await fixture.stop()
})

const deploy = commandOf('h1', 'web-1')
const goal = deploy.action.kind === 'deploy' ? { ...deploy.action.goal, srv: artifact('srv'), cmd: artifact('cmd') } : null
const ACTIONS = {
  deploy: { kind: 'deploy', goal: goal!, stop: 'running', repair: false },
  script: { kind: 'script', goal: goal!, script: 'migrate', wave: null, hosts: [], undo: false },
  prefetch: { kind: 'prefetch', goal: goal!, maxBytesPerSecond: null },
} as const satisfies Record<string, Command['action']>

async function leaveFor(action: Command['action'], bases: string[] = []) {
  await coordinator.mailbox.put('h1', ...signed({ ...deploy, action }))
  const agent = coordinator.agent('h1').say(hello({ labels: { dc: 'claimed' } }))
  return agent.say({ kind: 'grants-wanted', bases, id: deploy.id }).hears('artifact-grants')
}

const opened = (grants: readonly { grant: string }[]) => grants.map(({ grant }) => verifyGrant(grant, coordinator.machines.keys.signer.grantKeys(), Date.now()))

it.each(Object.entries(ACTIONS))('of a %s: both packages, each with its manifest, and with what leads to it from what the host holds', async (_kind, action) => {
  const before = Date.now()
  const { grants } = await leaveFor(action, ['held'])
  const delta = (name: string) => root(`held→${sha256(name)}`)
  expect(grants).toMatchObject(['srv', 'cmd'].map((name) => ({
    digest: sha256(name), manifest: root(sha256(name)), delta: { base: 'held', root: delta(name), totalBytes: 9 },
  })))
  expect(opened(grants)).toMatchObject(['srv', 'cmd'].map((name) => (
    { host: 'h1', digest: sha256(name), dc: 'claimed', roots: [root(sha256(name)).digest, delta(name).digest] })))
  expect(opened(grants)[0]!.expiresAtMs - before).toBeGreaterThanOrEqual(GRANT_VALID_MS)
  expect(asked).toEqual(['srv', 'cmd'].map((packaged) => ({ service: deploy.service, packaged, digest: sha256(packaged), bases: ['held'] })))
})

it('the datacenter is the one that the host is bound to, whatever it claims; where it fetches follows from that', async () => {
  await coordinator.machines.join('h1', { dc: 'fra' })
  const { grants, sources } = await leaveFor(ACTIONS.deploy)
  expect([opened(grants)[0]?.dc, opened(grants)[0]?.roots, sources]).toEqual(['fra', [root(sha256('srv')).digest], [relayOf('fra')]])
})

const SUCCEEDED = { verdict: 'succeeded', step: null, exitCode: 0, message: '', revert: 'not-needed', changed: false, durationMs: 1, installed: null } as const
const wanted: AgentMessage = { kind: 'grants-wanted', bases: [], id: deploy.id }

async function askingAgent() {
  await coordinator.mailbox.put('h1', ...signed({ ...deploy, action: ACTIONS.deploy }))
  const agent = coordinator.agent('h1').say(hello())
  await agent.hears('order')
  return agent
}

it('where nothing can be said at the moment the session goes on, and an agent that asks again hears it', async () => {
  const met = Promise.withResolvers<void>()
  answering = () => {
    met.resolve()
    return Promise.reject(new Error('the store is away'))
  }
  const agent = (await askingAgent()).say(wanted)
  await met.promise
  answering = () => Promise.resolve()
  await agent.say(wanted).hears('artifact-grants')
  expect(agent.of('welcome', 'artifact-grants')).toHaveLength(2)
})

it('while the store takes its time the host is heard all the same, and who asks again meanwhile is answered once', async () => {
  const store = Promise.withResolvers<void>()
  answering = () => store.promise
  const agent = (await askingAgent()).say(wanted, wanted)
  await agent.say({ kind: 'result', result: { ...SUCCEEDED, id: 'web-2/h1/1' } }).hears('result-ack')
  expect(agent.of('artifact-grants')).toEqual([])
  store.resolve()
  await agent.hears('artifact-grants')
  expect(asked).toHaveLength(2)
})
