/** Names that only the coordinator knows, for completion. A person waits at every tab: there is little time, and no answer is no problem. */
import type { Client } from '../client.ts'
import type { Kind } from './candidates.ts'

export const MAX_NAMES = 200

/** Contexts are known here. */
type LiveKind = Exclude<Kind, 'contexts'>

/** Those that begin with `typed`, as far as the first page goes. @throws when the coordinator cannot be asked */
export async function liveNames(client: Client, kind: LiveKind, typed: string): Promise<string[]> {
  return (await namesOf(client, kind, typed)).filter((name) => name.startsWith(typed)).slice(0, MAX_NAMES)
}

async function namesOf(client: Client, kind: LiveKind, typed: string): Promise<string[]> {
  const limit = 1000
  switch (kind) {
    case 'rollouts':
      return (await client.rollouts({ limit: MAX_NAMES })).rollouts.map(({ id }) => id)
    case 'services':
      return (await client.services({ limit })).services.map(({ spec }) => spec.service)
    case 'hosts':
      return (await client.hosts({ limit, ...(/^[a-z0-9.-]+$/.test(typed) ? { selector: `${typed}*` } : {}) })).hosts.map(({ host }) => host)
    case 'webhooks':
      return (await client.webhooks()).webhooks.map(({ name }) => name)
    case 'tokens':
      return (await client.tokens()).tokens.map(({ id }) => id)
    case 'relays':
      return (await client.relays({ limit })).relays.map(({ relay }) => relay)
    case 'targets':
      return targets(client, typed)
  }
}

/** A service and an @, then its versions. */
async function targets(client: Client, typed: string): Promise<string[]> {
  const [service = '', version] = typed.split('@')
  if (version === undefined) return (await namesOf(client, 'services', typed)).map((name) => `${name}@`)
  return (await client.releases(service, { limit: MAX_NAMES })).releases.map((release) => `${service}@${release.version}`)
}
