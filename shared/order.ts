/**
 * An order: a command, for whom it is, and for how long it is good, as the bytes that a coordinator signs and an agent verifies. Nothing is run
 * that did not come as these bytes.
 */
import type { Order__Output } from '../proto/gen/muster/v1/Order.ts'
import type { Command } from './command.ts'
import type { HostName } from './ids.ts'
import { orderMessage } from './proto.ts'
import { commandFromWire, commandToWire } from './wire-command.ts'

export const ORDER_PAYLOAD_TYPE = 'application/vnd.muster.order.v1+protobuf'

/** How long a host may take to accept an order. Shorter than agents remember what they have accepted: so none is run twice, however often it is sent. */
export const ORDER_VALID_MS = 24 * 3_600_000
/** Clocks of two machines differ. */
export const CLOCK_SKEW_MS = 5 * 60_000

/** Milliseconds since the epoch. */
export type Order = { host: HostName; command: Command; issuedAtMs: number; expiresAtMs: number }

/** `keyId`: the pin of the signing key. */
export type SignedOrder = { order: Uint8Array; signature: Uint8Array; keyId: string }

export function encodeOrder({ command, ...rest }: Order): Buffer {
  return orderMessage.serialize({ ...rest, command: commandToWire(command) })
}

/** Null for bytes that are no order, or one for a command that this version does not know; never throws. */
export function decodeOrder(bytes: Uint8Array): Order | null {
  const { command: frame, host, issuedAtMs, expiresAtMs } = read(bytes) ?? {}
  const command = frame ? commandFromWire(frame) : null
  return command === null ? null : { command, host: host ?? '', issuedAtMs: issuedAtMs ?? 0, expiresAtMs: expiresAtMs ?? 0 }
}

/** The id of the command in bytes that could not be read further; empty: not even that. */
export function commandIdIn(bytes: Uint8Array): string {
  return read(bytes)?.command?.commandId ?? ''
}

function read(bytes: Uint8Array): Order__Output | null {
  try {
    return orderMessage.deserialize(Buffer.from(bytes))
  } catch {
    return null
  }
}
