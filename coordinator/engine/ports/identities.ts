/** Machines that have enrolled. An identity is what makes a certificate good: without it a session is refused, however valid the certificate is. */
import type { MachineRole } from '../../../shared/identity/names.ts'
import type { Pin } from '../../../shared/identity/pin.ts'
import type { HostName } from '../../../shared/ids.ts'

export type Identity = {
  role: MachineRole
  host: HostName
  /** Of the machine's own key: a certificate for another key is not its. */
  keyPin: Pin
  /** Bound when it enrolled; what it says of itself cannot change them. */
  labels: Record<string, string>
  /** Which join token let it in. */
  token: string
  enrolledAtMs: number
  certificate: { serial: string; issuerPin: Pin; expiresAtMs: number }
}

export interface Identities {
  get(role: MachineRole, host: HostName): Promise<Identity | null>
  all(): Promise<Identity[]>
  /** False, and nothing changes, when there is one of that name and `replace` is not set. */
  add(identity: Identity, replace: boolean): Promise<boolean>
  /** Notes the latest certificate. False, and nothing changes, when the identity is gone or of another key. */
  renewed(identity: Identity): Promise<boolean>
  /** From now on no certificate of that name is good. False: there was none. */
  remove(role: MachineRole, host: HostName): Promise<boolean>
}
