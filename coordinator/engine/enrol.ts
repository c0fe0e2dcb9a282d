/**
 * Lets a machine in on a join token, and gives it a certificate for the key that it has made itself. Owns that one use lets in one machine: the identity
 * and the use are written together or not at all, before the answer. So an enrolment that fails costs no use; one whose answer is lost has cost it, and
 * the same machine (the same token, the same key) asking again is given its certificate without another.
 */
import type { EnrolledView } from '../../shared/api/identity.ts'
import { sha256 } from '../../shared/digest.ts'
import { problem } from '../../shared/errors.ts'
import type { MusterError } from '../../shared/errors.ts'
import type { MachineRole } from '../../shared/identity/names.ts'
import { pemOf } from '../../shared/identity/pem.ts'
import type { HostName } from '../../shared/ids.ts'
import { matchesGlob } from '../../shared/selector.ts'
import type { Origin } from './ports/audit.ts'
import { systemEntry } from './ports/audit.ts'
import type { Identities, Identity } from './ports/identities.ts'
import type { Authority, IssuedCertificate } from './ports/keys.ts'
import type { Ports } from './ports/ports.ts'
import type { JoinTokenRecord, Tokens } from './ports/tokens.ts'

/** `grpc`: where coordinators take sessions. `pieces`: where this one gives out packages. */
export type Enrolling = {
  authority: Authority; identities: Identities; tokens: Tokens; grpc: string; pieces: string
  hosts: Pick<Ports['hosts'], 'cutOff'>
} & Pick<Ports, 'clock' | 'log' | 'audit' | 'history'>

export type Enrolment = { id: string; secret: string; role: MachineRole; host: HostName; request: string }

type Certified = Pick<IssuedCertificate, 'certificate'>

/** @throws MusterError token_invalid, csr_invalid, host_enrolled */
export async function enrol(deps: Enrolling, asked: Enrolment, from: Origin): Promise<EnrolledView> {
  const { authority, identities, tokens, clock } = deps
  const { role, host, request } = asked
  const token = await joinToken(deps, asked)
  const now = clock()
  const { certificate, keyPin, ...rest } = await authority.issue(request, { role, host }, now)
  const identity: Identity = { role, host, keyPin, labels: token.labels, token: token.id, enrolledAtMs: now, certificate: rest }
  const before = await identities.get(role, host)
  const outcome = isSame(before, identity) ? 'again' : await letIn(deps, identity, token)
  const admitted = outcome === 'again' ? await enrolledAgain(identities, identity) : identity
  if (admitted === null) throw refused(deps, asked, 'its machine was removed at this moment')
  // Whoever had the name before does not go on speaking in a session that it has begun. Also when it asks again: who let it in may have died before this.
  if (role === 'agent') await deps.hosts.cutOff(host, null)
  tokens.used(token.id, now)
  await note(deps, admitted, { replaced: outcome === 'admitted' && before !== null, from })
  deps.log.info({ host, role, token: token.id, again: outcome === 'again' }, 'enrolled')
  return enrolled(deps, { certificate })
}

/** What a machine needs to begin a session. */
export function enrolled({ authority, grpc, pieces }: Pick<Enrolling, 'authority' | 'grpc' | 'pieces'>, { certificate }: Certified): EnrolledView {
  return { certificate, authorities: pemOf(authority.trust().authorities), grpc, pieces }
}

/** The token, if it is good for this role and name; whether there is time and a use left is not said: whoever is in already needs neither. */
async function joinToken(deps: Enrolling, asked: Enrolment): Promise<JoinTokenRecord> {
  const token = await deps.tokens.find(asked.id, sha256(asked.secret))
  if (token === null) throw refused(deps, asked, 'there is no such token, or it has another secret')
  if (token.kind !== 'join') throw refused(deps, asked, 'the token is one for the API')
  if (token.role !== asked.role) throw refused(deps, asked, `the token is for the role ${token.role}`)
  if (!matchesGlob(token.hosts, asked.host)) throw refused(deps, asked, `the token is for hosts named ${token.hosts}`)
  return token
}

/** `again`: a request of the same machine was faster. */
async function letIn(deps: Enrolling, identity: Identity, token: JoinTokenRecord): Promise<'admitted' | 'again'> {
  const { role, host } = identity
  if (token.expiresAtMs <= deps.clock()) throw refused(deps, { id: token.id, role, host }, 'the token has expired')
  const admission = await deps.identities.admit(identity, token.replace)
  switch (admission) {
    case 'admitted':
      return 'admitted'
    case 'no-use':
      throw refused(deps, { id: token.id, role, host }, 'the token is used up, or was revoked at this moment')
    case 'exists':
      if (isSame(await deps.identities.get(role, host), identity)) return 'again'
      deps.log.warn({ host, role, token: token.id }, 'an enrolment is refused: another machine has this name')
      throw problem('host_enrolled', `there is ${role === 'agent' ? 'a host' : 'a relay'} ${host} already`, {
        field: 'host', expected: `another name, \`muster host remove ${host}\` first, or a token made with --replace`,
      })
  }
}

/** Its latest certificate is this one; what it was bound to stays. Null: it is gone. */
async function enrolledAgain(identities: Identities, asked: Identity): Promise<Identity | null> {
  const known = await identities.get(asked.role, asked.host)
  if (known === null || !isSame(known, asked)) return null
  const renewed = { ...known, certificate: asked.certificate }
  return await identities.renewed(renewed) ? renewed : null
}

function isSame(known: Identity | null, { keyPin, token }: Identity): boolean {
  return known !== null && known.keyPin === keyPin && known.token === token
}

/** In the record and the host's history once, however often the machine asks: whoever died between letting it in and here left nothing there. */
async function note({ audit, history }: Enrolling, identity: Identity, { replaced, from }: { replaced: boolean; from: Origin }): Promise<void> {
  const { role, host, token, keyPin, labels, enrolledAtMs: atMs } = identity
  const changes = Object.entries({ role, keyPin, labels, replaced }).map(([field, after]) => ({ field, before: null, after }))
  const entry = { atMs, actor: `token:${token}`, verb: 'host.enrol', targets: [`host/${host}`, `token/${token}`], reason: null }
  const once = `enrolled/${role}/${atMs}/${keyPin}`
  await audit.record({ ...systemEntry(entry), from, changes }, `${once}/${host}`)
  await history.add(host, { id: once, atMs, kind: 'enrolled', token, replaced })
}

/** One sentence for all of them: who tries tokens learns nothing from it. */
function refused({ log }: Pick<Enrolling, 'log'>, { id, role, host }: Pick<Enrolment, 'id' | 'role' | 'host'>, why: string): MusterError {
  log.warn({ token: id, role, host, why }, 'an enrolment is refused')
  return problem('token_invalid', 'this join token is not good', { expected: 'one that an administrator has just made: `muster token create`' })
}
