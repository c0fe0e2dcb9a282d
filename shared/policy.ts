/**
 * What a host's owner allows Muster to do there. The agent enforces it; a coordinator is told of it, so that a plan can say whom it would refuse. Both
 * judge by this one function.
 */
import type { Pin } from './identity/pin.ts'
import { matchesGlob } from './selector.ts'
import { shortened } from './shortened.ts'

/** Of each of a policy's lists, and of what stands in them. */
export const MAX_POLICY_ENTRIES = 100
export const MAX_POLICY_TEXT_CHARS = 1024

/** Of a command line in a sentence. */
const LINE_CHARS = 80

/** Stands for the agent's own account in a policy's `accounts`. */
export const AGENT_ACCOUNT = 'agent'

/** An empty list allows all of its kind. `broken`: why the policy cannot be read; nothing is allowed then. */
export type HostPolicy = {
  /** Names or globs. */
  services: string[]
  accounts: string[]
  /** Absolute; each with all below it. */
  paths: string[]
  /** Whether `muster run` may run anything. */
  run: boolean
  /** Command lines that come from no package, but from `muster run` or a service's entry: patterns in which `*` stands for plain characters alone. */
  commands: string[]
  /** One of these keys must have signed a release. */
  releaseKeys: Pin[]
  broken: string | null
}

/** What somebody wants a host to do. `account` null: the agent's own. `commands`: the lines that the service's entry has run there. */
export type Wish =
  | { kind: 'service'; service: string; path: string; account: string | null; commands: string[] }
  | { kind: 'run'; command: string; account: string | null }

/** One sentence that says what the policy does not allow; null: it allows all of it. */
export function refusedBy(policy: HostPolicy, wish: Wish): string | null {
  if (policy.broken !== null) return `this host's policy cannot be read, so nothing is allowed: ${policy.broken}`
  const account = wish.account ?? AGENT_ACCOUNT
  if (!isIn(policy.accounts, (allowed) => allowed === account)) {
    const whose = wish.account === null ? `the agent's own account (${AGENT_ACCOUNT})` : `account ${account}`
    return `this host's policy does not allow ${whose}; it allows ${policy.accounts.join(', ')}`
  }
  if (wish.kind === 'service') return refusedService(policy, wish)
  return policy.run ? refusedLine(policy, [wish.command]) : 'this host’s policy does not allow command lines (muster run)'
}

function refusedService(policy: HostPolicy, { service, path, commands }: Extract<Wish, { kind: 'service' }>): string | null {
  const { services, paths } = policy
  if (!isIn(services, (glob) => matchesGlob(glob, service))) return `this host's policy does not allow service ${service}; it allows ${services.join(', ')}`
  if (!isIn(paths, (place) => isBelow(path, place))) return `this host's policy does not allow path ${path}; it allows ${paths.join(', ')}`
  return refusedLine(policy, commands)
}

function refusedLine({ commands }: HostPolicy, lines: readonly string[]): string | null {
  const line = lines.find((one) => !isIn(commands, (pattern) => matchesCommand(pattern, one)))
  if (line === undefined) return null
  const said = shortened(line.replace(/\s+/g, ' '), LINE_CHARS)
  return `this host's policy does not allow the command line "${said}"; it allows ${commands.join(' | ')}`
}

function isIn(allowed: readonly string[], matches: (one: string) => boolean): boolean {
  return allowed.length === 0 || allowed.some(matches)
}

function isBelow(path: string, place: string): boolean {
  const prefix = place.endsWith('/') ? place : `${place}/`
  return path === place || path.startsWith(prefix)
}

/** What `*` in a pattern of a command line stands for: any number of these. Nothing that a shell takes for more than a part of a word, and no line break. */
const PLAIN = /^[A-Za-z0-9 ._/:=@,+%-]*$/

/**
 * Whether a command line is of the pattern. `systemctl status *` allows `systemctl status web`, and not `systemctl status web; reboot`. What stands
 * between two stars is looked for from the left: if another place further on would do, so does the first, since all before it is plain.
 */
export function matchesCommand(pattern: string, command: string): boolean {
  const [head = '', ...parts] = pattern.split('*')
  const tail = parts.pop()
  if (tail === undefined) return pattern === command
  let at = head.length
  for (const part of parts) {
    const found = command.indexOf(part, at)
    if (found < 0 || !PLAIN.test(command.slice(at, found))) return false
    at = found + part.length
  }
  const end = command.length - tail.length
  return command.startsWith(head) && end >= at && command.endsWith(tail) && PLAIN.test(command.slice(at, end))
}
