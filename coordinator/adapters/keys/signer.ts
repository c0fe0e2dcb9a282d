/** Signs orders, releases and artifact grants, and knows again what it has signed. */
import type { KeyObject } from 'node:crypto'
import { formatGrant, grantPayload, GRANT_PAYLOAD_TYPE } from '../../../shared/artifact-grant.ts'
import { pinOfKey } from '../../../shared/identity/pin.ts'
import { decodeOrder, encodeOrder, ORDER_PAYLOAD_TYPE } from '../../../shared/order.ts'
import { RELEASE_PAYLOAD_TYPE } from '../../../shared/release-statement.ts'
import { isSignedBy, signPayload } from '../../../shared/signing.ts'
import type { Signer } from '../../engine/ports/keys.ts'
import type { Keyring } from './keyring.ts'

export function signerWith({ orders, releases }: Pick<Keyring, 'orders' | 'releases'>): Signer {
  const [ordersId, releasesId] = [pinOfKey(orders.publicKey), pinOfKey(releases.publicKey)]
  const orderKeys: ReadonlyMap<string, KeyObject> = new Map([[ordersId, orders.publicKey]])
  return {
    signOrder(order) {
      const bytes = encodeOrder(order)
      return { order: bytes, signature: signPayload(orders.key, ORDER_PAYLOAD_TYPE, bytes), keyId: ordersId }
    },
    openOrder({ order, signature, keyId }) {
      const key = orderKeys.get(keyId)
      return key !== undefined && isSignedBy(key, ORDER_PAYLOAD_TYPE, order, signature) ? decodeOrder(order) : null
    },
    signRelease: (payload) => ({ keyId: releasesId, signature: signPayload(releases.key, RELEASE_PAYLOAD_TYPE, payload) }),
    releaseKeys: () => new Map([[releasesId, releases.publicKey]]),
    grantArtifact(grant) {
      const payload = grantPayload(grant)
      return formatGrant(payload, { keyId: ordersId, signature: signPayload(orders.key, GRANT_PAYLOAD_TYPE, payload) })
    },
    grantKeys: () => orderKeys,
  }
}
