/** How people name a Redis server, checked once, before anything tries to connect to it. */
import { problem } from '../../../shared/errors.ts'

/**
 * `redis://…` and `rediss://…` (TLS) as they are; `unix:///path` and `/path` as the socket's path.
 * @throws MusterError config_invalid for anything else
 */
export function redisAddress(text: string): string {
  const address = text.startsWith('unix://') ? text.slice('unix://'.length) : text
  if (/^\/[^/]/.test(address)) return address
  if (/^rediss?:\/\/./.test(address) && URL.canParse(address)) return address
  throw problem('config_invalid', `'${withoutPassword(text)}' does not name a Redis server`, {
    field: 'redis', expected: 'redis://HOST:PORT, rediss://HOST:PORT (TLS), redis+sentinel://HOST:PORT,…/MASTER, or the path of a unix socket',
  })
}

/** What may be shown and logged. */
export function withoutPassword(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//').replace(/\?.*sentinel-password=.*/, '')
}
