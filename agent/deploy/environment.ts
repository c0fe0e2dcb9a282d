/** The environment of a script: the whole contract between the agent and a cmd package, documented in deploy-scripts/README.md. */
import type { Check, Command, Goal } from '../../shared/command.ts'
import type { HostName } from '../../shared/ids.ts'
import type { Before } from './entry.ts'
import { expand } from './expand.ts'
import type { Installation } from './installation.ts'
import type { ScriptStep } from './plan.ts'

/** What is the same for every script on a host. `root` is put before every path of a service; empty in earnest. */
export type HostContext = { host: HostName; labels: Record<string, string>; root: string; deployUtils: string }

/** What a script inherits: it says how to reach programs and how to speak, and nothing about the agent. */
export type Inherited = { PATH: string; HOME: string; LANG?: string; TZ?: string }

/**
 * `release` null: a command line, which belongs to no release. `ticket` is `<command id>/<n>-<step>`: no other run has it, and all processes of
 * this one carry it. `hostsFile` holds the hosts that a script is about, one per line; null: it is about none.
 */
export type ScriptRun = { command: Command; before: Before; step: ScriptStep; release: Installation | null; ticket: string; hostsFile: string | null }

/** The kernel takes no longer string in an environment than 128 KiB; a script finds more hosts in the file. */
const HOSTS_MAX_CHARS = 64 * 1024

export function scriptEnvironment(run: ScriptRun, context: HostContext, inherited: Inherited): Record<string, string> {
  const { command, step, release, ticket } = run
  return {
    ...inherited,
    ...prefixed('MUSTER_LABEL_', context.labels),
    MUSTER_STEP: step,
    MUSTER_HOST: context.host,
    MUSTER_ROLLOUT: command.rollout,
    MUSTER_COMMAND: command.id,
    MUSTER_TICKET: ticket,
    MUSTER_DEPLOY_UTILS: context.deployUtils,
    ...(release ? releaseEnvironment(run, release, context) : {}),
    ...singleScriptEnvironment(run),
  }
}

function releaseEnvironment({ command, before }: ScriptRun, release: Installation, { labels, root }: HostContext): Record<string, string> {
  const { goal } = release
  const names = { variables: goal.variables, labels }
  return {
    ...prefixed('MUSTER_VAR_', goal.variables),
    MUSTER_SERVICE: command.service,
    MUSTER_VERSION: goal.version,
    MUSTER_REVISION: goal.revision,
    MUSTER_PREVIOUS_VERSION: before.installed?.goal.version ?? '',
    MUSTER_PATH: root + release.path,
    MUSTER_RELEASE_DIR: root + release.releaseDir,
    MUSTER_CURRENT: `${root}${release.path}/current`,
    MUSTER_SHARED_DIR: `${root}${release.path}/shared`,
    MUSTER_CMD_DIR: release.cmdDir ? root + release.cmdDir : '',
    MUSTER_RUN: goal.run ? expand(goal.run, names) : '',
    ...checkEnvironment(goal.check, (text) => expand(text, names)),
    ...instancesEnvironment(goal, labels),
  }
}

/** What an instance has of its own begins with its name; what it shares with the others is where it always is. */
function instancesEnvironment(goal: Goal, labels: Record<string, string>): Record<string, string> {
  const { instances, run, check } = goal
  const own = Object.entries(instances).flatMap(([instance, variables]) => {
    const names = { variables: { ...goal.variables, ...variables }, labels }
    const prefix = `MUSTER_INSTANCE_${instance}_`
    return Object.entries({
      [`${prefix}RUN`]: run ? expand(run, names) : '',
      [`${prefix}CHECK_TARGET`]: check ? expand(targetOf(check), names) : '',
      ...prefixed(`${prefix}VAR_`, variables),
    })
  })
  return { MUSTER_INSTANCES: Object.keys(instances).join(' '), ...Object.fromEntries(own) }
}

/** The variables of each instance; without instances, those of the one that there is. */
export function variablesOfInstances({ variables, instances }: Goal): Record<string, string>[] {
  const own = Object.values(instances)
  return own.length > 0 ? own.map((more) => ({ ...variables, ...more })) : [variables]
}

function singleScriptEnvironment({ command: { action }, hostsFile }: ScriptRun): Record<string, string> {
  if (action.kind !== 'script') return {}
  const hosts = action.hosts.join(' ')
  return {
    MUSTER_SCRIPT: action.script,
    MUSTER_UNDO: action.undo ? '1' : '',
    MUSTER_WAVE: action.wave === null ? '' : String(action.wave),
    MUSTER_WAVE_HOSTS: hosts.length > HOSTS_MAX_CHARS ? '' : hosts,
    MUSTER_WAVE_HOSTS_FILE: hostsFile ?? '',
  }
}

function checkEnvironment(check: Check | null, expanded: (text: string) => string): Record<string, string> {
  if (!check) return { MUSTER_CHECK_KIND: 'none', MUSTER_CHECK_TARGET: '', MUSTER_CHECK_WITHIN_MS: '', MUSTER_CHECK_FOR_MS: '' }
  return {
    MUSTER_CHECK_KIND: check.probe.kind,
    MUSTER_CHECK_TARGET: expanded(targetOf(check)),
    MUSTER_CHECK_WITHIN_MS: String(check.withinMs),
    MUSTER_CHECK_FOR_MS: String(check.forMs),
  }
}

/** What a check asks: a URL, an address or a command line. */
export function targetOf({ probe }: Check): string {
  switch (probe.kind) {
    case 'http':
      return probe.url
    case 'tcp':
      return probe.address
    case 'exec':
      return probe.command
    default:
      return probe satisfies never
  }
}

function prefixed(prefix: string, values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key.toUpperCase().replace(/[^A-Z0-9]/g, '_'), value]))
}
