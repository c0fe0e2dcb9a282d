/** Sees to it that a machine is somebody before it speaks, and stays so. */
import type { Logger } from 'pino'
import type { JoinToken } from '../identity/join-token.ts'
import type { Identity } from './identity.ts'
import { joinAtLast } from './joining.ts'
import { Renewal } from './renewal.ts'

/** Resolves when the identity may be used, or `ending` is aborted; it is renewed until then. @throws MusterError when it is not let in */
export async function admit(identity: Identity, token: JoinToken | null, log: Logger, ending: AbortSignal): Promise<void> {
  if (identity.kept === null && token !== null) await joinAtLast(identity, token, log, ending)
  const renewal = new Renewal(identity, token, log)
  await renewal.begin(ending)
  void renewal.keep(ending)
}
