/** How people name a Redis that Sentinel watches over: `redis+sentinel://[user:password@]HOST[:PORT],…/MASTER`. */
import type { RedisOptions } from 'ioredis'
import { parseAddress } from '../../../shared/address.ts'
import { problem } from '../../../shared/errors.ts'

export const SENTINEL_PORT = 26_379

const FORM = /^redis(?<tls>s?)\+sentinel:\/\/(?:(?<who>[^@/]*)@)?(?<hosts>[^/?]+)\/(?<name>[^/?]+)(?:\?(?<query>.*))?$/
const EXPECTED = 'redis+sentinel://[USER:PASSWORD@]HOST[:PORT],…/MASTER, with the name by which the sentinels know the master'

/** As the driver takes it. */
export type SentinelAddress = Pick<
  RedisOptions,
  'name' | 'sentinels' | 'username' | 'password' | 'sentinelUsername' | 'sentinelPassword' | 'tls' | 'sentinelTLS' | 'enableTLSForSentinelMode'
>

/**
 * User and password are those of Redis; `?sentinel-user=…&sentinel-password=…` those of the sentinels, if they ask for any. With `rediss` both are
 * reached over TLS.
 * @returns null when `text` names no sentinels at all @throws MusterError config_invalid when it names them badly
 */
export function sentinelAddress(text: string): SentinelAddress | null {
  if (!/^rediss?\+sentinel:/.test(text)) return null
  const { tls = '', who = '', hosts = '', name = '', query = '' } = FORM.exec(text)?.groups ?? {}
  const asked = new URLSearchParams(query)
  const unknown = [...asked.keys()].find((key) => key !== 'sentinel-user' && key !== 'sentinel-password')
  if (unknown !== undefined) throw bad(`"${unknown}" is no option of an address of sentinels`, '?sentinel-user=…&sentinel-password=…, or nothing')
  const sentinels = hosts.split(',').map((host) => parseAddress(host) ?? parseAddress(`${host}:${SENTINEL_PORT}`))
  const lost = sentinels.indexOf(null)
  if (name === '') throw bad('the address of the sentinels is not whole')
  if (lost >= 0) throw bad(`"${hosts.split(',')[lost]}" is not the address of a sentinel`)
  const [username, password] = credentials(who)
  return {
    name: decodeURIComponent(name),
    sentinels: sentinels.filter((address) => address !== null),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(asked.has('sentinel-user') ? { sentinelUsername: asked.get('sentinel-user')! } : {}),
    ...(asked.has('sentinel-password') ? { sentinelPassword: asked.get('sentinel-password')! } : {}),
    ...(tls === '' ? {} : { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
  }
}

function credentials(who: string): [username: string, password: string] {
  const colon = who.indexOf(':')
  const [username, password] = colon < 0 ? [who, ''] : [who.slice(0, colon), who.slice(colon + 1)]
  return [decodeURIComponent(username), decodeURIComponent(password)]
}

function bad(message: string, expected = EXPECTED) {
  return problem('config_invalid', message, { field: 'redis', expected })
}
