/** Which packages a host may fetch for a command: those that its order names, and no other. */
import { GRANT_VALID_MS } from '../../../shared/artifact-grant.ts'
import type { Artifact, Command } from '../../../shared/command.ts'
import type { CommandId, HostName } from '../../../shared/ids.ts'
import type { GrantedArtifact } from '../../../shared/message.ts'
import type { SignedOrder } from '../../../shared/order.ts'
import type { Signer } from '../../engine/ports/keys.ts'

type Asked = { host: HostName; id: CommandId; signer: Pick<Signer, 'openOrder' | 'grantArtifact'>; nowMs: number }

/** Null: no coordinator has signed this order for this host and command. */
export function grantsFor(signed: SignedOrder | undefined, { host, id, signer, nowMs }: Asked): GrantedArtifact[] | null {
  const order = signed && signer.openOrder(signed)
  if (!order || order.host !== host || order.command.id !== id) return null
  const expiresAtMs = nowMs + GRANT_VALID_MS
  return artifactsOf(order.command).map(({ digest }) => ({ digest, expiresAtMs, grant: signer.grantArtifact({ host, digest, dc: '', roots: [], expiresAtMs }), manifest: null, delta: null }))
}

function artifactsOf({ action }: Command): Artifact[] {
  if (action.kind !== 'deploy' && action.kind !== 'script') return []
  const { srv, cmd } = action.goal
  return cmd === null ? [srv] : [srv, cmd]
}
