/**
 * Who this host is and whom it trusts, for all that the agent does. Owns that what it trusts is on the disk before it is used, and that no list of
 * authorities ever becomes empty: a host that trusts nobody could not be told otherwise.
 */
import { createPrivateKey } from 'node:crypto'
import type { KeyObject, X509Certificate } from 'node:crypto'
import { problem } from '../../shared/errors.ts'
import { certificatesIn, pemOf } from '../../shared/identity/pem.ts'
import { signerKeys } from '../../shared/identity/signer-keys.ts'
import type { SignerPurpose } from '../../shared/identity/names.ts'
import type { HostName } from '../../shared/ids.ts'
import type { Trust } from '../../shared/message.ts'
import { certificateOf, forgetJoiningKey, hostOf, readKept, writeKept } from './kept.ts'
import type { Kept } from './kept.ts'
import type { Issued } from './exchange.ts'

/** A coordinator has a few during a rotation. */
const MAX_AUTHORITIES = 16

export class Identity {
  readonly dir: string
  readonly host: HostName
  #kept: Kept | null
  #told: Trust = { authorities: [], signers: [] }
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(dir: string, host: HostName, kept: Kept | null) {
    this.dir = dir
    this.host = host
    this.#kept = kept
  }

  /** @throws MusterError config_invalid: what is kept is damaged, or another host's */
  static async open(dir: string, host: HostName): Promise<Identity> {
    const kept = await readKept(dir)
    const owner = kept && hostOf(kept)
    if (kept !== null && owner !== host) {
      const message = `${dir} holds the identity of ${owner ?? 'no host'}, and this agent is ${host}`
      throw problem('config_invalid', message, { field: '--host', expected: `--host ${owner ?? host}; or another --data-dir, and --join to enrol as ${host}` })
    }
    return new Identity(dir, host, kept)
  }

  /** Null: not enrolled. */
  get kept(): Kept | null {
    return this.#kept
  }

  /** DER; the one that issues first. A host that has not enrolled believes whoever it talks to. */
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
  }

  /** From now on this host is who it is by this. @throws Error, and nothing changes, when the certificate is not for it */
  async enrolled({ certificate, authorities, grpc }: Issued, from: Pick<Kept, 'url' | 'token' | 'key'>): Promise<void> {
    await this.#change(() => this.#checked({ ...from, certificate, authorities, grpc, obtainedAtMs: Date.now() }))
    await forgetJoiningKey(this.dir)
  }

  /** @throws Error, and nothing changes, when the certificate is not for this host and its key */
  async renewed({ certificate, authorities, grpc }: Issued): Promise<void> {
    await this.#change((kept) => kept && this.#checked({ ...kept, certificate, authorities, grpc, obtainedAtMs: Date.now() }))
  }

  #checked(kept: Kept): Kept {
    if (hostOf(kept) !== this.host || !certificateOf(kept).checkPrivateKey(createPrivateKey(kept.key))) {
      throw new Error('the coordinator answered with a certificate for another host or key')
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
    })
    this.#writing = changing.catch(() => undefined)
    return changing
  }
}
