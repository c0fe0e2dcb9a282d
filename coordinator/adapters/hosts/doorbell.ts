/**
 * Rings at the coordinator that holds a host's stream, over pub/sub. A ring says only which host's mailbox is worth a look, so nothing
 * depends on it but speed: sessions look at their mailboxes from time to time anyway.
 */
import type { Redis } from 'ioredis'
import type { HostName } from '../../../shared/ids.ts'
import type { Doorbell } from '../../engine/ports/sessions.ts'
import type { Notices } from '../redis/notices.ts'
import { coordinatorChannel, HOSTS } from './keys.ts'
import { readSession } from './session-record.ts'

export type Ringer = {
  /** Rings where the host's session is recorded; nowhere when it has none. */
  ring(host: HostName): Promise<void>
  ringAt(coordinator: string, host: HostName): Promise<void>
}

export function redisRinger(redis: Redis): Ringer {
  const ringAt = async (coordinator: string, host: HostName): Promise<void> => {
    await redis.publish(coordinatorChannel(coordinator), host)
  }
  return {
    ringAt,
    async ring(host) {
      const session = readSession(await redis.hget(HOSTS.sessions, host))
      if (session) await ringAt(session.coordinator, host)
    },
  }
}

/** @param coordinator whose rings are heard: this one's id */
export function redisDoorbell(notices: Notices, coordinator: string): Doorbell {
  return { listen: (onRing) => notices.listen(coordinatorChannel(coordinator), onRing) }
}
