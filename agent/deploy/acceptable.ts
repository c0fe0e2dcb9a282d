/** What a command must look like before anything of it becomes a path, a file name or an environment variable on this host. */
import type { Action, Artifact, Command, Goal } from '../../shared/command.ts'
import { DIGEST_PATTERN } from '../../shared/digest.ts'
import { INSTANCE_PATTERN, NAME_PATTERN, parseCommandId, VARIABLE_PATTERN, VERSION_PATTERN } from '../../shared/ids.ts'
import type { HostName } from '../../shared/ids.ts'
import { targetOf, variablesOfInstances } from './environment.ts'
import { LABEL_PREFIX, unknownNames } from './expand.ts'
import { goalOf } from './installation.ts'

const PATH_PATTERN = /^\/[^\0]*[^/\0]$/
const SCRIPT_PATTERN = /^[a-z][a-z0-9_-]{0,62}$/
const NO_LABEL = 'no label of this host'
const NO_VARIABLE = 'no variable of the service; a label of the host is ${label.KEY}'
const ACCOUNT_PATTERN = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/

/** One line that says why `host` will not run the command; null: nothing speaks against it. */
export function refuse(command: Command, host: HostName): string | null {
  const { id, service, action, path, account, timeoutMs } = command
  const parts = parseCommandId(id)
  if (!parts) return `${id} is not a command id: expected <rollout>/<host>/<attempt> or <rollout>/<host>/s<n>`
  if (parts.host !== host) return `the command is for host ${parts.host}, this is ${host}`
  if (!NAME_PATTERN.test(service)) return `service "${service}" is not a name`
  const isPlace = PATH_PATTERN.test(path) || (action.kind === 'exec' && path === '/')
  if (!isPlace || path.split('/').includes('..')) return `path "${path}" is not an absolute path without ..`
  if (account !== null && !ACCOUNT_PATTERN.test(account)) return `account "${account}" is not a name of an account`
  if (!(timeoutMs > 0)) return `timeout ${timeoutMs} ms is not positive`
  const goal = goalOf(command)
  return refuseScript(action) ?? (goal && refuseGoal(goal))
}

/** One line for each name that a command line or check of the goal uses and that this host does not have. */
export function unresolved(goal: Goal, labels: Record<string, string>): string[] {
  const texts = { run: goal.run ?? '', 'check target': goal.check ? targetOf(goal.check) : '' }
  const why = (name: string): string => (name.startsWith(LABEL_PREFIX) ? NO_LABEL : NO_VARIABLE)
  const missing = variablesOfInstances(goal).flatMap((variables) =>
    Object.entries(texts).flatMap(([what, text]) =>
      unknownNames(text, { variables, labels }).map((name) => `the ${what} names \${${name}}, which is ${why(name)}`),
    ),
  )
  return [...new Set(missing)]
}

function refuseScript(action: Action): string | null {
  if (action.kind === 'exec') return action.command === '' || action.command.includes('\0') ? 'the command line is empty, or cannot be passed on' : null
  if (action.kind !== 'script') return null
  if (!SCRIPT_PATTERN.test(action.script)) return `script "${action.script}" is not a name of an executable`
  const stranger = action.hosts.find((name) => !NAME_PATTERN.test(name))
  return stranger === undefined ? null : `"${stranger}" is not a name of a host`
}

function refuseGoal({ version, srv, cmd, variables, instances }: Goal): string | null {
  if (!VERSION_PATTERN.test(version)) return `version "${version}" cannot name a directory`
  const instance = Object.keys(instances).find((name) => !INSTANCE_PATTERN.test(name))
  if (instance !== undefined) return `"${instance}" is not a name of an instance`
  const all = [variables, ...Object.values(instances)].flatMap((one) => Object.entries(one))
  const variable = all.find(([name, value]) => !VARIABLE_PATTERN.test(name) || value.includes('\0'))
  if (variable) return `variable "${variable[0]}" cannot be set in an environment`
  return refuseArtifact('srv', srv) ?? (cmd && refuseArtifact('cmd', cmd))
}

function refuseArtifact(kind: string, { digest }: Artifact): string | null {
  return DIGEST_PATTERN.test(digest) ? null : `the ${kind} package's digest "${digest}" is not a SHA-256`
}
