/**
 * Mailboxes in Redis: one hash per host, a command's order, its grant and its end in it as fields of their own. Owns that an attempt which was
 * taken out never comes back, that whoever holds the host's stream is told of every change, and that an order lies there as it was signed.
 */
import type { Redis } from 'ioredis'
import { z } from 'zod'
import { commandId, parseCommandId } from '../../../shared/ids.ts'
import type { CommandId, CommandParts, HostName } from '../../../shared/ids.ts'
import { decodeOrder } from '../../../shared/order.ts'
import type { SignedOrder } from '../../../shared/order.ts'
import type { Mailbox } from '../../engine/ports/hosts.ts'
import type { MailboxView, OpenMail } from '../../engine/ports/sessions.ts'
import { kept } from '../redis/master.ts'
import { loadScript } from '../redis/script.ts'
import { ring } from './doorbell.ts'
import { HOSTS, mailboxKey, overKey } from './keys.ts'

/** How long it is remembered that an attempt is over: longer than any coordinator can sleep and then repeat what it was about to do. */
export const OVER_KEPT_MS = 24 * 3_600_000

/** Bytes in base64. */
const orderSchema = z.object({ order: z.base64(), signature: z.base64(), keyId: z.string() })

const COMMAND = 'command:'
const GRANT = 'grant:'
const KILL = 'kill:'

const putCommand = loadScript<0 | 1>(new URL('./lua/mailbox-put.lua', import.meta.url))
const grantCommand = loadScript<0 | 1>(new URL('./lua/mailbox-grant.lua', import.meta.url))
const killCommand = loadScript<0 | 1>(new URL('./lua/mailbox-kill.lua', import.meta.url))
const takeCommand = loadScript<0 | 1>(new URL('./lua/mailbox-take.lua', import.meta.url))

export function redisMailbox(redis: Redis): Mailbox & OpenMail {
  const take = async (host: HostName, id: CommandId): Promise<void> => {
    const { rollout, lane, attempt } = partsOf(host, id)
    const others = id.slice(0, -String(attempt).length)
    await takeCommand(redis, [mailboxKey(host), overKey(host, rollout, lane)], [others, attempt, OVER_KEPT_MS])
    await ring(redis, host)
  }
  return {
    async put(host, order, id) {
      const { rollout, lane, attempt } = partsOf(host, id)
      const lies = await putCommand(redis, [mailboxKey(host), overKey(host, rollout, lane)], [id, attempt, encode(order)])
      if (lies) await ring(redis, host)
    },
    async grant(host, id, epoch) {
      if (await grantCommand(redis, [mailboxKey(host)], [id, epoch])) await ring(redis, host)
    },
    async kill(host, id, reason) {
      if (await killCommand(redis, [mailboxKey(host)], [id, reason])) await ring(redis, host)
    },
    withdraw: take,
    close: take,
    async empty(host) {
      await redis.del(mailboxKey(host))
    },
    async look(host) {
      const [fields, epoch] = await Promise.all([redis.hgetall(mailboxKey(host)), redis.hget(HOSTS.epochs, host)])
      // What a host has been told cannot be taken back, so it must not be forgotten either.
      await kept(redis)
      return { epoch: Number(epoch ?? 0), ...mailOf(fields) }
    },
  }
}

function mailOf(fields: Record<string, string>): Pick<MailboxView, 'mail' | 'unreadable'> {
  const mail: MailboxView['mail'] = new Map()
  const unreadable: CommandId[] = []
  for (const [field, value] of Object.entries(fields)) {
    if (!field.startsWith(COMMAND)) continue
    const id = field.slice(COMMAND.length)
    const order = decode(value)
    const command = order && decodeOrder(order.order)?.command
    const granted = fields[GRANT + id]
    if (!command || command.id !== id) unreadable.push(id)
    else mail.set(id, { order, command, grantedEpoch: granted === undefined ? null : Number(granted), killed: fields[KILL + id] ?? null })
  }
  return { mail, unreadable }
}

function encode({ order, signature, keyId }: SignedOrder): string {
  return JSON.stringify({ order: Buffer.from(order).toString('base64'), signature: Buffer.from(signature).toString('base64'), keyId })
}

/** Null: what lies there was not put there by `encode`. */
function decode(text: string): SignedOrder | null {
  try {
    const { order, signature, keyId } = orderSchema.parse(JSON.parse(text))
    return { order: Buffer.from(order, 'base64'), signature: Buffer.from(signature, 'base64'), keyId }
  } catch {
    return null
  }
}

/** Only the engine puts and takes; an id that is not one of the host's is a fault in it. */
function partsOf(host: HostName, id: CommandId): CommandParts {
  const parts = parseCommandId(id)
  if (parts === null || parts.host !== host || commandId(parts) !== id) throw new Error(`${id} is not the id of a command for ${host}`)
  return parts
}
