/** Which packages a host may fetch for a command, as what, and where: those that its order names, and no other. */
import { GRANT_VALID_MS } from '../../../shared/artifact-grant.ts'
import type { Artifact, Command } from '../../../shared/command.ts'
import type { CommandId, HostName } from '../../../shared/ids.ts'
import type { CoordinatorMessage, GrantedArtifact } from '../../../shared/message.ts'
import type { SignedOrder } from '../../../shared/order.ts'
import type { Offers, Packaged } from '../../engine/distribution/offers.ts'
import type { Sources } from '../../engine/distribution/sources.ts'
import type { Signer } from '../../engine/ports/keys.ts'

export type LeavePorts = {
  signer: Pick<Signer, 'openOrder' | 'grantArtifact'>
  offers: Pick<Offers, 'of'>
  sources: Pick<Sources, 'of'>
  clock: () => number
}
/** `dc`: where the host is, '' for nowhere. `bases`: artifacts that it holds. `order`: what lies in its mailbox for the command. */
export type Asked = { host: HostName; dc: string; id: CommandId; bases: readonly string[]; order: SignedOrder | undefined }
type Granted = Extract<CoordinatorMessage, { kind: 'artifact-grants' }>

/** Of packages that the store has. Null: no coordinator has signed this order for this host and command. @throws what a port throws */
export async function leaveToFetch(ports: LeavePorts, { host, dc, id, bases, order: signed }: Asked): Promise<Granted | null> {
  const order = signed && ports.signer.openOrder(signed)
  if (!order || order.host !== host || order.command.id !== id) return null
  const { service } = order.command
  const [sources, offered] = await Promise.all([
    ports.sources.of(dc),
    Promise.all(artifactsOf(order.command).map(async ([packaged, { digest }]) => {
      return { digest, offer: await ports.offers.of({ service, packaged, digest, bases }) }
    })),
  ])
  const expiresAtMs = ports.clock() + GRANT_VALID_MS
  const grants = offered.flatMap(({ digest, offer }): GrantedArtifact[] => {
    if (offer === null) return []
    const roots = [offer.manifest, offer.delta?.root].flatMap((root) => root?.digest ?? [])
    return [{ digest, expiresAtMs, grant: ports.signer.grantArtifact({ host, digest, dc, roots, expiresAtMs }), ...offer }]
  })
  return { kind: 'artifact-grants', id, grants, sources }
}

function artifactsOf({ action }: Command): [Packaged, Artifact][] {
  switch (action.kind) {
    case 'deploy':
    case 'script':
    case 'prefetch':
      return [['srv', action.goal.srv], ...action.goal.cmd === null ? [] : [['cmd', action.goal.cmd] as [Packaged, Artifact]]]
    case 'remove':
    case 'exec':
      return []
    default:
      return action satisfies never
  }
}
