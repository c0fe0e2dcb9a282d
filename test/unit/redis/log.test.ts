import { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { openLog } from '../../../coordinator/log.ts'
import { startRedis } from '../hosts/redis-fixture.ts'

it('the log has no password of Redis, also when Redis refuses it', async () => {
  const fixture = await startRedis()
  try {
    const { path } = fixture.redis.options
    await fixture.redis.config('SET', 'requirepass', 'the-right-one')
    const redis = new Redis({ path: path!, password: 'the-wrong-one', maxRetriesPerRequest: 0, retryStrategy: () => null })
    redis.on('error', () => undefined)
    const error = await redis.get('x').catch((thrown: unknown) => thrown)
    redis.disconnect()
    expect(JSON.stringify(error)).toContain('the-wrong-one')
    let said = ''
    openLog('debug', { write: (line) => void (said += line) }).child({ of: 'a part' }).warn({ err: error }, 'it failed')
    expect(said).toContain('WRONGPASS')
    expect(said).not.toContain('the-wrong-one')
  } finally {
    await fixture.stop()
  }
})
