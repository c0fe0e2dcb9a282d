/**
 * Who this machine is and whom it trusts, for all that an agent or a relay does. Owns that what it trusts is on the disk before it is used, and that no
 * list of authorities ever becomes empty: a machine that trusts nobody could not be told otherwise.
 */
import { createPrivateKey } from 'node:crypto'
import type { KeyObject, X509Certificate } from 'node:crypto'
import { problem } from '../errors.ts'
import type { MusterError } from '../errors.ts'
import { certificatesIn, pemOf } from '../identity/pem.ts'
import { signerKeys } from '../identity/signer-keys.ts'
import type { Machine, MachineRole, SignerPurpose } from '../identity/names.ts'
import type { HostName } from '../ids.ts'
import type { Trust } from '../message.ts'
import { certificateOf, forgetJoiningKey, holderOf, readKept, writeKept } from './kept.ts'
import type { Kept } from './kept.ts'
import type { Issued } from './exchange.ts'

/** A coordinator has a few during a rotation. */
const MAX_AUTHORITIES = 16
/** The setting that says what a machine is called. */
const NAMED_BY = { agent: '--host', relay: '--name' } as const satisfies Record<MachineRole, string>

export class Identity {
  readonly dir: string
  readonly role: MachineRole
  readonly host: HostName
  #kept: Kept | null
  #told: Trust = { authorities: [], signers: [] }
  #writing: Promise<unknown> = Promise.resolve()
  readonly #listeners = new Set<() => void>()

  private constructor(dir: string, { role, host }: Machine, kept: Kept | null) {
    this.dir = dir
    this.role = role
    this.host = host
    this.#kept = kept
  }

  /** @throws MusterError config_invalid: what is kept is damaged, or another machine's */
  static async open(dir: string, self: Machine): Promise<Identity> {
    const kept = await readKept(dir)
    const owner = kept && holderOf(kept)
    if (kept !== null && !isSame(owner, self)) throw anothers(dir, owner, self)
    return new Identity(dir, self, kept)
  }

  /** Null: not enrolled. */
  get kept(): Kept | null {
    return this.#kept
  }

  /** Called after its certificate or whom it trusts has changed. @returns what ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** DER; the one that issues first. None: it has not enrolled. */
  authorities(): Uint8Array[] {
    return this.#authorities().map(({ raw }) => raw)
  }

  /** The keys that may sign, by their ids; none before a coordinator has told of them in this process's time. */
  signerKeys(purpose: SignerPurpose, nowMs: number): Map<string, KeyObject> {
    return signerKeys({ authorities: this.authorities(), signers: this.#told.signers }, purpose, nowMs)
  }

  /** The certificate is not of the authority that issues now. */
  isOfFormerAuthority(): boolean {
    const [issuing] = this.#authorities()
    if (this.#kept === null || issuing === undefined) return false
    const certificate = certificateOf(this.#kept)
    return !certificate.checkIssued(issuing) || !certificate.verify(issuing.publicKey)
  }

  /** What a coordinator says over a session that is verified. Resolves when it is on the disk. @throws Error, and nothing changes, for what is no authority */
  async believe(trust: Trust): Promise<void> {
    const { authorities } = trust
    if (authorities.length === 0 || authorities.length > MAX_AUTHORITIES) throw new Error(`a coordinator names ${authorities.length} authorities`)
    const pem = pemOf(authorities)
    if (!certificatesIn(pem).every(({ ca }) => ca)) throw new Error('a coordinator names an authority that is none')
    await this.#change((kept) => (kept === null || kept.authorities === pem ? kept : { ...kept, authorities: pem }))
    this.#told = trust
    for (const listener of this.#listeners) listener()
  }

  /** From now on this machine is who it is by this. @throws Error, and nothing changes, when the certificate is not for it */
  async enrolled({ certificate, authorities, grpc, pieces }: Issued, from: Pick<Kept, 'url' | 'token' | 'key'>): Promise<void> {
    await this.#change(() => this.#checked({ ...from, certificate, authorities, grpc, pieces, obtainedAtMs: Date.now() }))
    await forgetJoiningKey(this.dir)
  }

  /** @throws Error, and nothing changes, when the certificate is not for this machine and its key */
  async renewed({ certificate, authorities, grpc, pieces }: Issued): Promise<void> {
    await this.#change((kept) => kept && this.#checked({ ...kept, certificate, authorities, grpc, pieces, obtainedAtMs: Date.now() }))
  }

  #checked(kept: Kept): Kept {
    if (!isSame(holderOf(kept), this) || !certificateOf(kept).checkPrivateKey(createPrivateKey(kept.key))) {
      throw new Error('the coordinator answered with a certificate for another machine or key')
    }
    if (certificatesIn(kept.authorities).length === 0) throw new Error('the coordinator answered without an authority')
    return kept
  }

  #authorities(): X509Certificate[] {
    return this.#kept === null ? [] : certificatesIn(this.#kept.authorities)
  }

  /** One after another, and in memory only once on the disk. */
  #change(to: (kept: Kept | null) => Kept | null): Promise<void> {
    const changing = this.#writing.then(async () => {
      const next = to(this.#kept)
      if (next === this.#kept || next === null) return
      await writeKept(this.dir, next)
      this.#kept = next
      for (const listener of this.#listeners) listener()
    })
    this.#writing = changing.catch(() => undefined)
    return changing
  }
}

function isSame(owner: Machine | null, { role, host }: Machine): boolean {
  return owner?.role === role && owner.host === host
}

function anothers(dir: string, owner: Machine | null, self: Machine): MusterError {
  const flag = NAMED_BY[self.role]
  const message = `${dir} holds the identity of ${owner === null ? 'no machine' : `the ${owner.role} ${owner.host}`}, and this is the ${self.role} ${self.host}`
  const itself = owner?.role === self.role ? `${flag} ${owner.host}; or ` : ''
  return problem('config_invalid', message, { field: flag, expected: `${itself}another --data-dir, and --join to enrol as ${self.host}` })
}
