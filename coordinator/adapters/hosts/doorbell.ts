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

/** Rings where the host's session is recorded; nowhere when it has none. */
export async function ring(redis: Redis, host: HostName): Promise<void> {
  const session = readSession(await redis.hget(HOSTS.sessions, host))
  if (session) await ringAt(redis, session.coordinator, host)
}

export async function ringAt(redis: Redis, coordinator: string, host: HostName): Promise<void> {
  await redis.publish(coordinatorChannel(coordinator), host)
}

/** @param coordinator whose rings are heard: this one's id */
export function redisDoorbell(notices: Notices, coordinator: string): Doorbell {
  return { listen: (onRing) => notices.listen(coordinatorChannel(coordinator), onRing) }
}
