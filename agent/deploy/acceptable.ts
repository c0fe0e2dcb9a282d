/** What a command must look like before anything of it becomes a path, a file name or an environment variable on this host. */
import type { Artifact, Command, Goal } from '../../shared/command.ts'
import { DIGEST_PATTERN } from '../../shared/digest.ts'
import { NAME_PATTERN, parseCommandId, VARIABLE_PATTERN, VERSION_PATTERN } from '../../shared/ids.ts'
import type { HostName } from '../../shared/ids.ts'
import { targetOf } from './environment.ts'
import { LABEL_PREFIX, unknownNames } from './expand.ts'
import { goalOf } from './installation.ts'

const PATH_PATTERN = /^\/[^\0]*[^/\0]$/
const NO_LABEL = 'no label of this host'
const NO_VARIABLE = 'no variable of the service; a label of the host is ${label.KEY}'
const ACCOUNT_PATTERN = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/

/** One line that says why `host` will not run the command; null: nothing speaks against it. */
export function refuse(command: Command, host: HostName): string | null {
  const { id, service, path, account, timeoutMs } = command
  const parts = parseCommandId(id)
  if (!parts) return `${id} is not a command id: expected <rollout>/<host>/<attempt>`
  if (parts.host !== host) return `the command is for host ${parts.host}, this is ${host}`
  if (!NAME_PATTERN.test(service)) return `service "${service}" is not a name`
  if (!PATH_PATTERN.test(path) || path.split('/').includes('..')) return `path "${path}" is not an absolute path without ..`
  if (account !== null && !ACCOUNT_PATTERN.test(account)) return `account "${account}" is not a name of an account`
  if (!(timeoutMs > 0)) return `timeout ${timeoutMs} ms is not positive`
  const goal = goalOf(command)
  return goal && refuseGoal(goal)
}

/** One line for each name that a command line or check of the goal uses and that this host does not have. */
export function unresolved(goal: Goal, labels: Record<string, string>): string[] {
  const names = { variables: goal.variables, labels }
  const texts = { run: goal.run ?? '', 'check target': goal.check ? targetOf(goal.check) : '' }
  return Object.entries(texts).flatMap(([what, text]) =>
    unknownNames(text, names).map((name) => `the ${what} names \${${name}}, which is ${name.startsWith(LABEL_PREFIX) ? NO_LABEL : NO_VARIABLE}`),
  )
}

function refuseGoal({ version, srv, cmd, variables }: Goal): string | null {
  if (!VERSION_PATTERN.test(version)) return `version "${version}" cannot name a directory`
  const variable = Object.entries(variables).find(([name, value]) => !VARIABLE_PATTERN.test(name) || value.includes('\0'))
  if (variable) return `variable "${variable[0]}" cannot be set in an environment`
  return refuseArtifact('srv', srv) ?? (cmd && refuseArtifact('cmd', cmd))
}

function refuseArtifact(kind: string, { digest }: Artifact): string | null {
  return DIGEST_PATTERN.test(digest) ? null : `the ${kind} package's digest "${digest}" is not a SHA-256`
}
