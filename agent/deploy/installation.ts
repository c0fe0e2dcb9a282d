/** What a host holds of a service: a release made runnable at a path. Owns the names of its directories (without the agent's `--root`). */
import type { Command, Goal, Installed } from '../../shared/command.ts'
import type { CommandId } from '../../shared/ids.ts'

/** `releaseDir` holds the srv package, `cmdDir` the cmd package; null: the default scripts alone. */
export type Installation = { goal: Goal; path: string; account: string | null; releaseDir: string; cmdDir: string | null }

/** An attempt that has touched the host and did not leave it in a known state. `attempted` null: it was to remove the service. */
export type Doubt = { command: CommandId; attempted: Installation | null }

/** `installed`: the release that was last known to work; null: none. It can be counted on only while there is no doubt. */
export type ServiceRecord = { service: string; installed: Installation | null; doubt: Doubt | null }

const DIGEST_NAME_CHARS = 12

/** The revision that the command brings, or whose script it runs; null: it brings none. */
export function goalOf({ action }: Command): Goal | null {
  return 'goal' in action ? action.goal : null
}

/** Whether the command changes what the host runs; scripts and command lines do not. */
export function movesRelease({ action }: Command): boolean {
  return action.kind === 'deploy' || action.kind === 'remove'
}

/**
 * What the command makes ready on the host: a deployment leaves it there, a script is run from it. Null: nothing. A repair trusts nothing that
 * lies there, so it has directories of its own.
 */
export function installationOf(command: Command): Installation | null {
  const { action, path, account } = command
  const goal = goalOf(command)
  if (!goal) return null
  const afresh = action.kind === 'deploy' && action.repair ? `.${command.rollout}.${command.id.slice(command.id.lastIndexOf('/') + 1)}` : ''
  return {
    goal,
    path,
    account,
    releaseDir: `${path}/releases/${goal.version}-${goal.srv.digest.slice(0, DIGEST_NAME_CHARS)}${afresh}`,
    cmdDir: goal.cmd && `${path}/cmd/${goal.cmd.digest.slice(0, DIGEST_NAME_CHARS)}${afresh}`,
  }
}

/** What a coordinator is told; null: nothing that could be counted on runs. */
export function reportOf({ service, installed, doubt }: ServiceRecord): Installed | null {
  if (!installed || doubt) return null
  return { service, revision: installed.goal.revision, version: installed.goal.version, findings: [] }
}
