/** Whom the owners of hosts would have refuse a release, as far as their agents have said. The agents judge for themselves, whatever is said here. */
import type { ServiceSpec } from '../../shared/service.ts'
import { refusedBy } from '../../shared/policy.ts'
import type { Release } from './ports/catalogue.ts'
import type { HostRecord } from './ports/hosts.ts'

/** One sentence; null: the host's policy does not stand in the way. */
export function refusalOf({ policy }: HostRecord, { service, path, account, run, check }: ServiceSpec, { envelope }: Release): string | null {
  if (policy === null) return null
  const lines = [run, check?.probe.kind === 'exec' ? check.probe.command : null].filter((line) => line !== null)
  const wanted = policy.releaseKeys
  const isSigned = wanted.length === 0 || envelope?.signatures.some(({ keyid }) => wanted.includes(keyid)) === true
  return refusedBy(policy, { kind: 'service', service, path, account, commands: lines.map(filledIn) })
    ?? (isSigned ? null : 'this host\'s policy wants releases signed by a key of its owner: muster release create --sign')
}

/** What a variable or a label will stand for there is not looked up: most are a plain word. */
function filledIn(line: string): string {
  return line.replace(/\$\{[^}]*\}/g, 'x')
}
