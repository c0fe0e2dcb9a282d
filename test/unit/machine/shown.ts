/** What a coordinator shows of itself in TLS, and what a machine keeps that has joined it. */
import { coordinatorCertificate } from '../../../coordinator/adapters/keys/authority.ts'
import { writeKept } from '../../../shared/machine/kept.ts'
import type { Kept } from '../../../shared/machine/kept.ts'
import { makeDirectory } from '../../../shared/directory.ts'
import { pemOf } from '../../../shared/identity/pem.ts'
import type { MachineRole } from '../../../shared/identity/names.ts'
import { machine } from '../../keys.ts'
import type { Keys } from '../../keys.ts'

/** PEM; the certificate with its authority, as clients that know only a pin need it. */
export async function shownBy({ keyring: { issuer } }: Keys): Promise<{ key: string; cert: string }> {
  const { key, certificate } = await coordinatorCertificate(issuer, {}, Date.now())
  return { key, cert: [certificate, issuer.certificate.toString()].join('\n') }
}

/** @param dir the machine's identity directory */
export async function enrolled(keys: Keys, dir: string, host: string, grpc: string, more: Partial<Kept> = {}, role: MachineRole = 'agent'): Promise<Kept> {
  const authorities = pemOf(keys.authority.trust().authorities)
  const kept = { url: 'https://127.0.0.1:1', grpc, token: 'one', ...await machine(keys, host, role), authorities, obtainedAtMs: Date.now(), ...more }
  await makeDirectory(dir, 0o700)
  await writeKept(dir, kept)
  return kept
}
