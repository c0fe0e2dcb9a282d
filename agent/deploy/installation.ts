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

/** What the command makes ready on the host: a deployment leaves it there, a script is run from it. Null: nothing. */
export function installationOf(command: Command): Installation | null {
  const { path, account } = command
  const goal = goalOf(command)
  if (!goal) return null
  return {
    goal,
    path,
    account,
    releaseDir: `${path}/releases/${goal.version}-${goal.srv.digest.slice(0, DIGEST_NAME_CHARS)}`,
    cmdDir: goal.cmd && `${path}/cmd/${goal.cmd.digest.slice(0, DIGEST_NAME_CHARS)}`,
  }
}

/** What a coordinator is told; null: nothing that could be counted on runs. */
export function reportOf({ service, installed, doubt }: ServiceRecord): Installed | null {
  if (!installed || doubt) return null
  return { service, revision: installed.goal.revision, version: installed.goal.version, findings: [] }
}
