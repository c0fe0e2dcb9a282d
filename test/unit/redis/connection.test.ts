import { Writable } from 'node:stream'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisAddress, withoutPassword } from '../../../coordinator/adapters/redis/address.ts'
import { MAX_RECONNECT_DELAY_MS, reconnectDelayMs } from '../../../coordinator/adapters/redis/connection.ts'
import { sentinelAddress } from '../../../coordinator/adapters/redis/sentinel-address.ts'
import { checkServer, parseVersion } from '../../../coordinator/adapters/redis/server-check.ts'
import { sayUnavailable } from '../../../coordinator/adapters/redis/unavailable.ts'
import { realRedis } from '../../conformance/real-redis.ts'
import type { RealRedis } from '../../conformance/real-redis.ts'

describe('an address', () => {
  test.each([
    ['redis://10.0.0.1:6379/2', 'redis://10.0.0.1:6379/2'],
    ['rediss://user:secret@redis.example:6380', 'rediss://user:secret@redis.example:6380'],
    ['/run/redis.sock', '/run/redis.sock'],
    ['unix:///run/redis.sock', '/run/redis.sock'],
  ])('%s is taken', (text, address) => expect(redisAddress(text)).toBe(address))

  const bad = ['', 'localhost:6379', 'http://localhost', 'redis://', 'redis://host:notaport', '//host', 'unix://x']
  test.each(bad)('"%s" is refused', (text) => {
    const problem: unknown = expect.objectContaining({ code: 'config_invalid', field: 'redis' })
    expect(() => redisAddress(text)).toThrow(expect.objectContaining({ problem }))
  })

  test('is shown without its password', () => {
    expect(withoutPassword('rediss://user:secret@host:1')).toBe('rediss://host:1')
    expect(withoutPassword('/run/redis.sock')).toBe('/run/redis.sock')
  })
})

describe('an address of sentinels', () => {
  const taken: [string, object][] = [
    ['redis+sentinel://10.0.0.1:26380,[::1],redis-3/mymaster', { name: 'mymaster', sentinels: [{ host: '10.0.0.1', port: 26_380 }, { host: '::1', port: 26_379 }, { host: 'redis-3', port: 26_379 }] }],
    ['redis+sentinel://ann:s%40cret@a/m', { name: 'm', sentinels: [{ host: 'a', port: 26_379 }], username: 'ann', password: 's@cret' }],
    ['redis+sentinel://:pw@a/m?sentinel-password=other', { name: 'm', sentinels: [{ host: 'a', port: 26_379 }], password: 'pw', sentinelPassword: 'other' }],
    ['rediss+sentinel://a/m', { name: 'm', sentinels: [{ host: 'a', port: 26_379 }], tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }],
  ]
  test.each(taken)('%s is taken', (text, options) => expect(sentinelAddress(text)).toEqual(options))

  const bad = ['redis+sentinel://', 'redis+sentinel://a:26379', 'redis+sentinel://a:26379/', 'redis+sentinel://a,,b/m', 'redis+sentinel://a:x/m', 'redis+sentinel://a/m?db=2']
  test.each(bad)('"%s" is refused', (text) => {
    const problem: unknown = expect.objectContaining({ code: 'config_invalid', field: 'redis' })
    expect(() => sentinelAddress(text)).toThrow(expect.objectContaining({ problem }))
  })

  test('is shown without its passwords; other addresses are none', () => {
    expect(withoutPassword('redis+sentinel://ann:secret@a,b/m?sentinel-password=secret')).toBe('redis+sentinel://a,b/m')
    expect(sentinelAddress('redis://a:1')).toBe(null)
  })
})

test('reconnecting backs off to a bound', () => {
  const delays = [1, 2, 5, 10, 10_000].map(reconnectDelayMs)
  expect(Math.max(...delays)).toBeLessThanOrEqual(MAX_RECONNECT_DELAY_MS)
  expect(delays[0]).toBeLessThan(100)
  expect(delays[4]).toBeGreaterThan(MAX_RECONNECT_DELAY_MS / 2)
})

describe('connections', () => {
  let redis: RealRedis

  beforeAll(async () => {
    redis = await realRedis()
  })
  afterAll(() => redis.stop())

  /** What `checkServer` warns about. */
  async function warnings(): Promise<string[]> {
    const lines: string[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    await checkServer(redis.connections.commands, pino({ level: 'warn' }, stream))
    return lines.map((line) => (JSON.parse(line) as { msg: string }).msg)
  }

  test('a kill of Redis is survived: commands wait, listeners hear again', async () => {
    const { commands, notices } = redis.connections
    const heard: string[] = []
    const stop = await notices.listen('news', (message) => heard.push(message))
    await commands.set('key', 'value')
    await redis.kill()
    expect(await commands.get('key')).toBe('value')
    await expect.poll(async () => {
      await commands.publish('news', 'after')
      return heard.length
    }).toBeGreaterThan(0)
    stop()
  })

  test('listeners of a channel share a subscription, which goes with the last', async () => {
    const { commands, notices } = redis.connections
    const heard: string[] = []
    const stops = await Promise.all(['a', 'b'].map((name) => notices.listen('shared', (message) => heard.push(`${name} ${message}`))))
    expect(await commands.publish('shared', '1')).toBe(1)
    await expect.poll(() => heard).toEqual(['a 1', 'b 1'])
    stops[0]!()
    stops[0]!()
    await commands.publish('shared', '2')
    await expect.poll(() => heard).toEqual(['a 1', 'b 1', 'b 2'])
    stops[1]!()
    await expect.poll(() => commands.publish('shared', '3')).toBe(0)
    const again = await notices.listen('shared', (message) => heard.push(message))
    expect(await commands.publish('shared', '4')).toBe(1)
    again()
  })

  test('our own server passes the check; unsafe settings are named with what to set, and left alone', async () => {
    expect(await warnings()).toEqual([])
    const { commands } = redis.connections
    const configure = async (settings: Record<string, string>) => {
      for (const [name, value] of Object.entries(settings)) await commands.config('SET', name, value)
    }
    await configure({ appendfsync: 'everysec', 'maxmemory-policy': 'allkeys-lru', appendonly: 'no' })
    const found = await warnings()
    expect(found).toHaveLength(3)
    for (const setting of ['appendonly yes', 'appendfsync always', 'maxmemory-policy noeviction']) {
      expect(found.join('\n')).toContain(`CONFIG SET ${setting}`)
    }
    expect((await commands.config('GET', 'appendfsync'))[1]).toBe('everysec')
    await configure({ appendfsync: 'always', 'maxmemory-policy': 'noeviction', appendonly: 'yes' })
    // Redis refuses to shut down before it has written the file anew.
    await expect.poll(() => commands.info('persistence')).toMatch(/aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/)
  })

  test('a server that is too old is refused', async () => {
    const info = (text: string) => ({ info: () => Promise.resolve(text), config: () => Promise.resolve([]) }) as unknown as Redis
    const silent = pino({ level: 'silent' })
    const refused = { problem: { code: 'config_invalid', field: 'redis' } }
    await expect(checkServer(info('# Server\r\nredis_version:6.2.14\r\n'), silent)).rejects.toMatchObject(refused)
    await expect(checkServer(info('redis_version:7.2.4\r\nvalkey_version:8.1.0\r\n'), silent)).resolves.toBeUndefined()
    expect(parseVersion('redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n')).toEqual({ server: 'Valkey', version: '8.1.0' })
  })

  test('trouble with Redis itself is told as unavailable; other errors stay what they are', async () => {
    const { commands } = redis.connections
    await commands.set('text', 'not a number')
    const port = sayUnavailable({
      write: () => commands.set('big', 'x'),
      mistake: () => commands.incr('text'),
      nobody: async () => {
        const lonely = new Redis(`${redis.dataDir}/nobody.sock`, { maxRetriesPerRequest: 0, retryStrategy: () => 1 })
        lonely.on('error', () => undefined)
        return lonely.get('key').finally(() => lonely.disconnect())
      },
    })
    await commands.config('SET', 'maxmemory', '1')
    await expect(port.write()).rejects.toMatchObject({ problem: { code: 'unavailable', message: expect.stringContaining('OOM') } })
    await commands.config('SET', 'maxmemory', '0')
    expect(await port.write()).toBe('OK')
    await expect(port.mistake()).rejects.toThrow('not an integer')
    await expect(port.nobody()).rejects.toMatchObject({ problem: { code: 'unavailable' } })
  })
})
