/** Machines that have joined: a key and a certificate for each name, made when it is first asked for, and the identities behind them in Redis. */
import { redisIdentities } from '../../../coordinator/adapters/identity/identities.ts'
import { redisTokens } from '../../../coordinator/adapters/identity/tokens.ts'
import { grpcCredentials } from '../../../coordinator/adapters/keys/grpc-credentials.ts'
import { serveCertificates } from '../../../coordinator/adapters/keys/served.ts'
import type { Identities } from '../../../coordinator/engine/ports/identities.ts'
import type { MachineRole } from '../../../shared/identity/names.ts'
import { pinOfCertificate } from '../../../shared/identity/pin.ts'
import { machine, testKeys } from '../../keys.ts'
import type { Keys, Machine } from '../../keys.ts'
import { silent } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'

const NEVER_MS = 2 ** 52
const MANY = 10_000

export class Machines {
  readonly keys: Keys
  readonly identities: Identities
  readonly #fixture: RedisFixture
  readonly #joined = new Map<string, Promise<Machine>>()
  readonly #tokens = new Map<string, Promise<string>>()

  constructor(keys: Keys, fixture: RedisFixture) {
    this.keys = keys
    this.#fixture = fixture
    this.identities = redisIdentities({ redis: fixture.redis, seals: keys.seals, log: silent })
  }

  /** As it has joined last, whatever came of its identity. */
  of(host: string): Promise<Machine> {
    return this.#joined.get(host) ?? this.join(host)
  }

  /** Anew, with another key. */
  join(host: string, labels: Record<string, string> = {}, role: MachineRole = 'agent'): Promise<Machine> {
    const joining = this.#join(host, labels, role)
    if (role === 'agent') this.#joined.set(host, joining)
    return joining
  }

  async #join(host: string, labels: Record<string, string>, role: MachineRole): Promise<Machine> {
    const made = await machine(this.keys, host, role)
    const id = await this.#token(labels)
    const certificate = { serial: '01', issuerPin: this.keys.authority.pin, issuedAtMs: Date.now(), expiresAtMs: Date.now() + 3_600_000 }
    const identity = { role, host, keyPin: pinOfCertificate(made.certificate), labels, token: id, enrolledAtMs: 1, certificate }
    await this.identities.admit(identity, true)
    return made
  }

  /** One for all machines with the same labels. */
  #token(labels: Record<string, string>): Promise<string> {
    const id = `for-${new URLSearchParams(labels).toString()}`
    const made = this.#tokens.get(id) ?? this.#makeToken(id, labels)
    this.#tokens.set(id, made)
    return made
  }

  async #makeToken(id: string, labels: Record<string, string>): Promise<string> {
    const tokens = redisTokens({ redis: this.#fixture.redis, seals: this.keys.seals, log: silent }, Date.now)
    const common = { createdAtMs: 1, createdBy: 'ann', expiresAtMs: NEVER_MS, lastUsedAtMs: null }
    await tokens.add({ ...common, id, kind: 'join', role: 'agent', labels, hosts: '*', usesLeft: MANY, replace: true }, 'hash')
    return id
  }
}

const machines = new WeakMap<RedisFixture, Machines>()

/** Those of a Redis: all coordinators on it know them. */
export async function machinesOf(fixture: RedisFixture): Promise<Machines> {
  const keys = await testKeys()
  const known = machines.get(fixture) ?? new Machines(keys, fixture)
  machines.set(fixture, known)
  return known
}

/** What a coordinator shows, and whom it lets in. */
export async function tlsOf({ keyring }: Keys) {
  const keys = { current: () => keyring, onChange: () => () => {} }
  const served = await serveCertificates({ keys, names: {}, own: null, clock: Date.now, log: silent })
  return { credentials: grpcCredentials(served), authority: served.now().trusted.join(''), close: () => served.close() }
}
