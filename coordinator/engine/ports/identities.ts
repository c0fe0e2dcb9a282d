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
  /** The id of the join token that let it in. */
  token: string
  enrolledAtMs: number
  certificate: { serial: string; issuerPin: Pin; issuedAtMs: number; expiresAtMs: number }
}

/** `exists`: there is one of that name, which is not to be replaced, or which is this very machine. `no-use`: its token has none left, or is gone. */
export type Admission = 'admitted' | 'exists' | 'no-use'

export interface Identities {
  get(role: MachineRole, host: HostName): Promise<Identity | null>
  all(): Promise<Identity[]>
  /** Adds the identity and takes one use of its token: both, or neither. @param replace one of that name and another key or token ends */
  admit(identity: Identity, replace: boolean): Promise<Admission>
  /** Notes the latest certificate. False, and nothing changes, when the identity is gone or of another key. */
  renewed(identity: Identity): Promise<boolean>
  /** From now on no certificate of that name is good. False: there was none. */
  remove(role: MachineRole, host: HostName): Promise<boolean>
}
