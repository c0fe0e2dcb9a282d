/**
 * All coordinators on one Redis have the same keys. What one of them has sealed there is garbage to a coordinator with others, and machines that
 * obey the one would not obey the other; so the first one leaves the fingerprint of its secret, and whoever has another secret does not start.
 */
import type { Redis } from 'ioredis'
import { problem } from '../../../shared/errors.ts'

const CLAIM = '{keys}:claim'

/** Before anything else is read or written. @throws MusterError config_invalid: this Redis belongs to other keys; and what Redis throws */
export async function claimKeys(redis: Redis, fingerprint: string): Promise<void> {
  await redis.set(CLAIM, fingerprint, 'NX')
  const claimed = await redis.get(CLAIM)
  if (claimed === fingerprint) return
  throw problem('config_invalid', `this Redis belongs to coordinators with another key directory (${claimed ?? 'none'}; this one is ${fingerprint})`, {
    field: '--key-dir',
    expected: 'the key directory of the other coordinators, or the former one from its backup',
  })
}
