/** The environment of a script: the whole contract between the agent and a cmd package, documented in deploy-scripts/README.md. */
import type { Check, Command } from '../../shared/command.ts'
import type { HostName } from '../../shared/ids.ts'
import type { Before } from './entry.ts'
import { expand } from './expand.ts'
import type { Installation } from './installation.ts'
import type { ScriptStep } from './plan.ts'

/** What is the same for every script on a host. `root` is put before every path of a service; empty in earnest. */
export type HostContext = { host: HostName; labels: Record<string, string>; root: string; deployUtils: string }

/** What a script inherits: it says how to reach programs and how to speak, and nothing about the agent. */
export type Inherited = { PATH: string; HOME: string; LANG?: string; TZ?: string }

/** `ticket` is `<command id>/<n>-<step>`: no other run has it, and all processes of this one carry it. */
export type ScriptRun = { command: Command; before: Before; step: ScriptStep; release: Installation; ticket: string }

export function scriptEnvironment({ command, before, step, release, ticket }: ScriptRun, context: HostContext, inherited: Inherited): Record<string, string> {
  const { goal } = release
  const { labels, root } = context
  const names = { variables: goal.variables, labels }
  return {
    ...inherited,
    ...prefixed('MUSTER_LABEL_', labels),
    ...prefixed('MUSTER_VAR_', goal.variables),
    MUSTER_SERVICE: command.service,
    MUSTER_STEP: step,
    MUSTER_VERSION: goal.version,
    MUSTER_REVISION: goal.revision,
    MUSTER_PREVIOUS_VERSION: before.installed?.goal.version ?? '',
    MUSTER_PATH: root + release.path,
    MUSTER_RELEASE_DIR: root + release.releaseDir,
    MUSTER_CURRENT: `${root}${release.path}/current`,
    MUSTER_SHARED_DIR: `${root}${release.path}/shared`,
    MUSTER_CMD_DIR: release.cmdDir ? root + release.cmdDir : '',
    MUSTER_DEPLOY_UTILS: context.deployUtils,
    MUSTER_HOST: context.host,
    MUSTER_ROLLOUT: command.rollout,
    MUSTER_COMMAND: command.id,
    MUSTER_TICKET: ticket,
    MUSTER_RUN: goal.run ? expand(goal.run, names) : '',
    ...checkEnvironment(goal.check, (text) => expand(text, names)),
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
