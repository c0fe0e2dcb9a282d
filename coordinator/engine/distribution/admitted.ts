/**
 * Whether those who ask for pieces have been removed meanwhile: the machine that asks, and the host for which it does. Certificates and grants do not say
 * that; relays and hosts, which cannot ask, find out when the grants run out.
 */
import type { Pin } from '../../../shared/identity/pin.ts'
import type { HostName } from '../../../shared/ids.ts'
import type { Shown } from '../known-machine.ts'
import type { Identities } from '../ports/identities.ts'
import { Remembered } from './remembered.ts'

/** For so long somebody who was removed is still given something. */
export const ADMITTED_REMEMBERED_MS = 3000
const MAX_REMEMBERED_MACHINES = 20_000

export class Admitted {
  readonly #pins: Remembered<Pin | null>

  constructor(identities: Pick<Identities, 'get'>) {
    const options = { forMs: ADMITTED_REMEMBERED_MS, atMost: MAX_REMEMBERED_MACHINES }
    this.#pins = new Remembered(async (key) => {
      const [role, host = ''] = key.split('/')
      return (await identities.get(role as Shown['role'], host))?.keyPin ?? null
    }, options)
  }

  /** @throws MusterError unavailable */
  async has({ role, host, keyPin }: Shown, grantedTo: HostName): Promise<boolean> {
    const isSame = await this.#pins.get(`${role}/${host}`) === keyPin
    return isSame && await this.#pins.get(`agent/${grantedTo}`) !== null
  }
}
