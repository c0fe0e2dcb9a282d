/** Some fields of a hash, by their names. */
import type { Redis } from 'ioredis'

/** In the order of `names`; what is not there is left out. One reply: whoever has many names asks in batches. */
export async function readFields<T>(redis: Redis, key: string, names: readonly string[], read: (value: string) => T): Promise<Map<string, T>> {
  const values = names.length === 0 ? [] : await redis.hmget(key, ...names)
  return new Map(names.flatMap((name, index): [string, T][] => {
    const value = values[index]
    return typeof value === 'string' ? [[name, read(value)]] : []
  }))
}
