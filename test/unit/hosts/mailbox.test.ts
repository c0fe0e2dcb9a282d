import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { redisMailbox, OVER_KEPT_MS } from '../../../coordinator/adapters/hosts/mailbox.ts'
import { overKey } from '../../../coordinator/adapters/hosts/keys.ts'
import { redisDoorbell } from '../../../coordinator/adapters/hosts/doorbell.ts'
import { redisSessions } from '../../../coordinator/adapters/hosts/sessions.ts'
import { commandOf, orderFor, signed } from './commands.ts'
import { greeting } from './greetings.ts'
import { startRedis } from './redis-fixture.ts'
import type { RedisFixture } from './redis-fixture.ts'

let fixture: RedisFixture
let mailbox: ReturnType<typeof redisMailbox>

beforeAll(async () => {
  fixture = await startRedis()
  mailbox = redisMailbox(fixture.redis)
})
beforeEach(() => fixture.redis.flushall())
afterAll(() => fixture.stop())

async function idsOf(host: string): Promise<string[]> {
  return [...(await mailbox.look(host)).mail.keys()].sort()
}

describe('a command in the mailbox', () => {
  it('lies there as it was put, not granted', async () => {
    await mailbox.put('h1', ...signed(commandOf('h1')))
    expect((await mailbox.look('h1')).mail).toEqual(new Map([['web-1/h1/1', { order: orderFor(commandOf('h1')), command: commandOf('h1'), grantedEpoch: null, killed: null }]]))
    expect((await mailbox.look('h2')).mail.size).toBe(0)
  })

  it('put twice lies there once, and keeps its grant', async () => {
    await mailbox.put('h1', ...signed(commandOf('h1')))
    await mailbox.grant('h1', 'web-1/h1/1', 7)
    await mailbox.put('h1', ...signed({ ...commandOf('h1'), actor: 'late' }))
    expect((await mailbox.look('h1')).mail).toEqual(new Map([['web-1/h1/1', { order: orderFor(commandOf('h1')), command: commandOf('h1'), grantedEpoch: 7, killed: null }]]))
  })

  it('is granted to the latest session that asked, in whatever order the grants come', async () => {
    await mailbox.put('h1', ...signed(commandOf('h1')))
    await mailbox.grant('h1', 'web-1/h1/1', 10)
    await mailbox.grant('h1', 'web-1/h1/1', 9)
    expect((await mailbox.look('h1')).mail.get('web-1/h1/1')?.grantedEpoch).toBe(10)
  })

  it('is to be ended for the reason that was given first, and for none when it is not there', async () => {
    await mailbox.kill('h1', 'web-1/h1/1', 'too early')
    await mailbox.put('h1', ...signed(commandOf('h1')))
    expect((await mailbox.look('h1')).mail.get('web-1/h1/1')?.killed).toBeNull()
    await mailbox.kill('h1', 'web-1/h1/1', 'it hangs')
    await mailbox.kill('h1', 'web-1/h1/1', 'too late')
    expect((await mailbox.look('h1')).mail.get('web-1/h1/1')?.killed).toBe('it hangs')
  })

  it('is put under its own host’s name or not at all', async () => {
    await expect(mailbox.put('h1', ...signed(commandOf('h2')))).rejects.toThrow('web-1/h2/1 is not the id of a command for h1')
    await expect(mailbox.withdraw('h1', 'web-1/h1/01')).rejects.toThrow('is not the id')
  })
})

describe.each(['withdraw', 'close'] as const)('after %s', (take) => {
  it('neither a put nor a grant revives the attempt', async () => {
    await mailbox.put('h1', ...signed(commandOf('h1')))
    await mailbox.grant('h1', 'web-1/h1/1', 2)
    await mailbox.kill('h1', 'web-1/h1/1', 'it hangs')
    await mailbox[take]('h1', 'web-1/h1/1')
    await mailbox.put('h1', ...signed(commandOf('h1')))
    await mailbox.grant('h1', 'web-1/h1/1', 3)
    await mailbox.kill('h1', 'web-1/h1/1', 'it hangs')
    expect(await idsOf('h1')).toEqual([])
    expect(await fixture.redis.exists('{h:h1}:mailbox')).toBe(0)
  })

  it('an attempt that was never put cannot be put any more', async () => {
    await mailbox[take]('h1', 'web-1/h1/1')
    await mailbox.put('h1', ...signed(commandOf('h1')))
    expect(await idsOf('h1')).toEqual([])
  })

  it('the next attempt, other rollouts and other hosts are as they were', async () => {
    const lying = [commandOf('h1'), commandOf('h1', 'web-1', 2), commandOf('h1', 'web-1', 10), commandOf('h1', 'web-11')]
    for (const command of lying) await mailbox.put('h1', ...signed(command))
    await mailbox.put('h2', ...signed(commandOf('h2')))
    await mailbox.grant('h1', 'web-1/h1/2', 4)
    await mailbox[take]('h1', 'web-1/h1/1')
    expect(await idsOf('h1')).toEqual(['web-1/h1/10', 'web-1/h1/2', 'web-11/h1/1'])
    expect((await mailbox.look('h1')).mail.get('web-1/h1/2')?.grantedEpoch).toBe(4)
    expect(await idsOf('h2')).toEqual(['web-1/h2/1'])
  })

  it('earlier attempts of the rollout are over too, and stay so when they are taken late', async () => {
    await mailbox.put('h1', ...signed(commandOf('h1', 'web-1', 1)))
    await mailbox.put('h1', ...signed(commandOf('h1', 'web-1', 3)))
    await mailbox[take]('h1', 'web-1/h1/3')
    await mailbox[take]('h1', 'web-1/h1/1')
    for (const attempt of [1, 2, 3]) await mailbox.put('h1', ...signed(commandOf('h1', 'web-1', attempt)))
    expect(await idsOf('h1')).toEqual([])
  })

  it('the scripts of the rollout are a lane of their own', async () => {
    const lying = [commandOf('h1', 'web-1', 1, 'script'), commandOf('h1', 'web-1', 2, 'script'), commandOf('h1', 'web-1', 3)]
    for (const command of lying) await mailbox.put('h1', ...signed(command))
    await mailbox[take]('h1', 'web-1/h1/2')
    expect(await idsOf('h1')).toEqual(['web-1/h1/3', 'web-1/h1/s1', 'web-1/h1/s2'])
    await mailbox[take]('h1', 'web-1/h1/s1')
    await mailbox.put('h1', ...signed(commandOf('h1', 'web-1', 1, 'script')))
    expect(await idsOf('h1')).toEqual(['web-1/h1/3', 'web-1/h1/s2'])
  })

  it('that is remembered for a bounded time', async () => {
    await mailbox[take]('h1', 'web-1/h1/1')
    const leftMs = await fixture.redis.pttl(overKey('h1', 'web-1', 'task'))
    expect(leftMs).toBeGreaterThan(OVER_KEPT_MS - 60_000)
    expect(leftMs).toBeLessThanOrEqual(OVER_KEPT_MS)
  })
})

it('puts and takes of two coordinators at once never leave an attempt that is over', async () => {
  const other = redisMailbox(fixture.connect().commands)
  const attempts = Array.from({ length: 60 }, (_, index) => index + 1)
  await Promise.all(attempts.flatMap((attempt) => {
    const command = commandOf('h1', 'web-1', attempt)
    const taken = attempt === 60 ? [] : [other.withdraw('h1', command.id)]
    return [mailbox.put('h1', ...signed(command)), other.put('h1', ...signed(command)), ...taken, mailbox.put('h1', ...signed(command)), mailbox.grant('h1', command.id, attempt)]
  }))
  expect(await idsOf('h1')).toEqual(['web-1/h1/60'])
  expect((await mailbox.look('h1')).mail.get('web-1/h1/60')?.grantedEpoch).toBe(60)
})

it('every change rings at the coordinator that holds the host’s stream, and at no other', async () => {
  const connections = fixture.connect()
  const rings: string[] = []
  const heard = Promise.withResolvers<void>()
  await redisDoorbell(connections.notices, 'one').listen((host) => {
    rings.push(host)
    if (host === 'last') heard.resolve()
  })
  await redisSessions(fixture.redis, 'one').open('h1', greeting, 1)
  await redisSessions(fixture.redis, 'two').open('h2', greeting, 1)
  await redisSessions(fixture.redis, 'one').open('last', greeting, 1)
  for (const host of ['h1', 'h2', 'without-session']) await mailbox.put(host, ...signed(commandOf(host)))
  await mailbox.grant('h1', 'web-1/h1/1', 1)
  await mailbox.withdraw('h1', 'web-1/h1/1')
  await mailbox.grant('h1', 'web-1/h1/1', 2)
  await mailbox.put('last', ...signed(commandOf('last')))
  await heard.promise
  expect(rings).toEqual(['h1', 'h1', 'h1', 'last'])
})
