/**
 * Whether what has come is an order for this host: nothing is run that a coordinator has not signed, for another host, too late, or a second time.
 * Pure. Whatever lies in Redis or comes through a session is believed to be an order only here.
 */
import type { KeyObject } from 'node:crypto'
import type { HostName } from '../shared/ids.ts'
import { CLOCK_SKEW_MS, decodeOrder, ORDER_PAYLOAD_TYPE } from '../shared/order.ts'
import type { Order, SignedOrder } from '../shared/order.ts'
import { isSignedBy } from '../shared/signing.ts'

export type Opened = { kind: 'order'; order: Order } | { kind: 'refused'; reason: string }

/** @param keys that may sign orders at `nowMs`, by their ids */
export function openOrder({ order: bytes, signature, keyId }: SignedOrder, keys: ReadonlyMap<string, KeyObject>, host: HostName, nowMs: number): Opened {
  const key = keys.get(keyId)
  if (key === undefined && keyId === '') return refused('nobody has signed the order')
  if (key === undefined) return refused(stranger(keyId, nowMs))
  if (!isSignedBy(key, ORDER_PAYLOAD_TYPE, bytes, signature)) return refused('the signature is not one of this order: it has been changed on its way')
  const order = decodeOrder(bytes)
  if (order === null) return refused('this agent cannot read the order: it is made for a newer version')
  if (order.host !== host) return refused(`the order is for host ${order.host}, this is ${host}`)
  return { kind: 'order', order }
}

/** Why an order is not begun at `nowMs` although it is a good one; null: nothing speaks against it. @param forgottenMs see Journals */
export function untimely({ issuedAtMs, expiresAtMs }: Omit<Order, 'host' | 'command'>, nowMs: number, forgottenMs: number): string | null {
  const aheadMs = issuedAtMs - nowMs
  if (aheadMs > CLOCK_SKEW_MS) return `the order is from the future: this host's clock is ${inMinutes(aheadMs)} behind the coordinator's`
  if (nowMs >= expiresAtMs) return `the order has expired ${inMinutes(nowMs - expiresAtMs)} ago, unless this host's clock is ahead`
  if (issuedAtMs <= forgottenMs) return 'the order may have run already: this host has had so many since that it does not remember'
  return null
}

/** Signers count for a time: with a clock that is wrong a good one is nobody. */
function stranger(keyId: string, nowMs: number): string {
  return `the order is signed by ${keyId}, whom this host does not trust with orders; its clock says ${new Date(nowMs).toISOString()}`
}

function refused(reason: string): Opened {
  return { kind: 'refused', reason }
}

function inMinutes(ms: number): string {
  return `${Math.ceil(ms / 60_000)} min`
}
